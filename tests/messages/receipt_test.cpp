#include "messages/receipt.h"

#include <algorithm>

#include "messages/message_fixture.h"
#include "messages/receipt_applier.h"
#include "senders/media_ledger.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;
using Status = channels::StatusEvent::Status;

namespace {

struct ReceiptFixture : MessageFixture {
  using MessageFixture::MessageFixture;
  AttemptToken tokens{keys};
  ReceiptApplier applier{tokens, channel, reactions};

  channels::StatusEvent event(AttemptRef attempt, Status status, int code = 0, int atMs = 0) {
    channels::StatusEvent event;
    event.status = status;
    event.opaque = tokens.make(attempt);
    event.providerMessageId = "wamid." + std::to_string(attempt.message.value);
    event.at = fromMs(1'790'000'000'000 + atMs + static_cast<int>(status) * 1000);
    event.errorCode = code;
    return event;
  }
  ReceiptSummary apply(const std::vector<channels::StatusEvent>& events) {
    return database->write(
        [&](db::Transaction& tx) { return applier.apply(tx, events, clock.now()); });
  }
  std::int64_t eventCount(const std::string& kind) {
    return database->read([&](db::Connection& c) {
      return *c.scalar<std::int64_t>("SELECT count(*) FROM message_events WHERE kind = $1", kind);
    });
  }
};

}  // namespace

TEST_CASE("receipts in every order end in the same state", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 24);
  f.lane.perSecond = 1000;
  std::vector<Status> order{Status::sent, Status::delivered, Status::read, Status::other};
  std::int64_t message = 0;
  do {
    const AttemptRef attempt = f.sendOne();
    message = attempt.message.value;
    bool answered = false;
    for (const Status status : order) {
      if (status == Status::other) {  // stands for our own answer
        f.answer(attempt, channels::Accepted{"wamid." + std::to_string(message), "", "", false});
        answered = true;
        continue;
      }
      f.apply({f.event(attempt, status)});
      f.apply({f.event(attempt, status)});  // and once more
    }
    CHECK(answered);
    CHECK(f.state(message) == "read");
    CHECK(f.attemptState(attempt) == "read");
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(f.counter("read") == 24);
  CHECK(f.eventCount("read") == 24);
  CHECK(f.eventCount("sent") == 24);
  CHECK(f.countersAreTrue());
}

TEST_CASE("many receipts in one batch count as if they came alone", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 2);
  const AttemptRef one = f.sendOne(), two = f.sendOne();
  const auto summary = f.apply({f.event(one, Status::read), f.event(two, Status::sent),
                                f.event(one, Status::sent), f.event(one, Status::delivered)});
  CHECK(summary.advanced == 2);
  CHECK(f.state(one.message.value) == "read");
  CHECK(f.state(two.message.value) == "sent");
  CHECK(f.eventCount("delivered") == 1);
  CHECK(f.countersAreTrue());
}

TEST_CASE("an unknown message that the provider accepted is resolved by its receipt",
          "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef attempt = f.sendOne();
  f.answer(attempt, channels::Unknown{"reset"});
  f.apply({f.event(attempt, Status::sent)});
  CHECK(f.state(1) == "sent");
  CHECK(f.text("SELECT provider_id FROM attempts WHERE message_id = $1", 1) == "wamid.1");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a receipt without our token is found by the provider's id", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef attempt = f.sendOne();
  f.answer(attempt, channels::Accepted{"wamid.1", "", "", false});
  auto event = f.event(attempt, Status::delivered);
  event.opaque.clear();
  CHECK(f.apply({event}).advanced == 1);
  event.providerMessageId = "wamid.foreign";
  CHECK(f.apply({event}).unmatched == 1);
  CHECK(f.state(1) == "delivered");
}

TEST_CASE("a forged or foreign token changes nothing", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef attempt = f.sendOne();
  auto event = f.event(attempt, Status::read);
  event.opaque.back() = event.opaque.back() == 'A' ? 'B' : 'A';
  event.providerMessageId = "wamid.none";
  CHECK(f.apply({event}).unmatched == 1);
  CHECK(f.state(1) == "sending");
  CHECK(f.apply({f.event({{999}, 1}, Status::read)}).advanced == 0);
}

TEST_CASE("a failure that comes later tries again only when the error is temporary", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 2);
  const AttemptRef temporary = f.sendOne(), permanent = f.sendOne();
  f.apply({f.event(temporary, Status::failed, 131016), f.event(permanent, Status::failed, 131026)});
  CHECK(f.state(temporary.message.value) == "held");
  CHECK(f.state(permanent.message.value) == "failed");
  CHECK(f.reason(permanent.message.value) == "131026");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a late failure of the first attempt cannot kill the second, a late success counts",
          "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef first = f.sendOne();
  f.apply({f.event(first, Status::failed, 131016)});
  f.clock.advance(Millis(3'600'000));
  const AttemptRef second = f.sendOne();
  f.answer(second, channels::Accepted{"wamid.2", "", "", false});
  f.apply({f.event(first, Status::failed, 131026, 5000)});
  CHECK(f.state(1) == "accepted");
  f.apply({f.event(first, Status::delivered)});
  CHECK(f.state(1) == "delivered");
  f.apply({f.event(second, Status::failed, 131026)});
  CHECK(f.state(1) == "delivered");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a receipt stops the second try of what arrived after all", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef first = f.sendOne();
  f.apply({f.event(first, Status::failed, 131016)});
  f.clock.advance(Millis(3'600'000));
  REQUIRE(f.claim(1).size() == 1);
  f.apply({f.event(first, Status::delivered)});
  CHECK(f.begin(1).empty());
  CHECK(f.state(1) == "delivered");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a receipt that comes late gives its time and moves nothing", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef attempt = f.sendOne();
  f.apply({f.event(attempt, Status::read, 0, 9'000)});
  const auto now = [&](const std::string& column) {
    return f.text("SELECT coalesce(CAST(" + column + " AS TEXT), '-') FROM messages WHERE id = $1",
                  1);
  };
  const std::string since = now("state_at_ms");
  CHECK(now("read_at_ms") != "-");
  CHECK(now("delivered_at_ms") == "-");
  f.clock.advance(Millis(5'000));
  f.apply({f.event(attempt, Status::delivered, 0, 8'000)});
  CHECK(f.state(1) == "read");
  CHECK(now("state_at_ms") == since);
  CHECK(now("delivered_at_ms") != "-");
  CHECK(f.countersAreTrue());
}

TEST_CASE("an opt-out told by receipt is reported to be obeyed", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const auto summary = f.apply({f.event(f.sendOne(), Status::failed, 131050)});
  REQUIRE(summary.optedOut.size() == 1);
  CHECK(summary.optedOut[0].first == CustomerId{1});
}

TEST_CASE("no receipt moves a message backwards", "[messages]") {
  for (int before = 0; before < kMessageStates; ++before)
    for (const MessageState state :
         {MessageState::accepted, MessageState::sent, MessageState::failed, MessageState::delivered,
          MessageState::read})
      for (const int attempt : {1, 2}) {
        const auto from = static_cast<MessageState>(before);
        const auto next = advance(from, 2, {state, attempt});
        if (!next) continue;
        CHECK(*next == state);
        const bool reached = from == MessageState::delivered || from == MessageState::read;
        if (reached) CHECK(attemptRank(*next) > attemptRank(from));
        if (state == MessageState::failed) CHECK(attempt == 2);
      }
}

TEST_CASE("what the provider sent though it refused the request is not sent again", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef attempt = f.sendOne();
  f.answer(attempt, channels::TryLater{Millis(0), 131000, channels::Reaction::retry, 3, ""});
  CHECK(f.state(1) == "held");
  f.apply({f.event(attempt, Status::sent)});
  CHECK(f.state(1) == "sent");
  f.clock.advance(Millis(3'600'000));
  CHECK(f.claim(1).empty());
  f.apply({f.event(attempt, Status::failed, 131026)});
  CHECK(f.state(1) == "failed");
  f.apply({f.event(attempt, Status::sent)});  // once more, late
  CHECK(f.state(1) == "failed");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a message that fails for a while after its campaign ended is not forgotten",
          "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const auto [campaign, message, runs] = GENERATE(table<std::string, std::string, std::string>(
      {{"completed", "held", "running"}, {"cancelled", "skipped", "cancelled"}}));
  const bool byReceipt = GENERATE(true, false);
  const AttemptRef attempt = f.sendOne();
  if (byReceipt) f.answer(attempt, channels::Accepted{"wamid.1", "", "", false});
  f.database->write([&, to = campaign](db::Transaction& tx) {
    tx.run("UPDATE campaigns SET state = $1, finished_at_ms = 1", to);
  });
  if (byReceipt)
    f.apply({f.event(attempt, Status::failed, 131000)});
  else
    f.answer(attempt, channels::TryLater{Millis(0), 131000, channels::Reaction::retry, 3, ""});
  CHECK(f.state(1) == message);
  CHECK(f.text("SELECT state FROM campaigns WHERE id = $1", 1) == runs);
  CHECK(f.countersAreTrue());
}

TEST_CASE("an opt-out told by the receipt of an older attempt is obeyed too", "[messages]") {
  ReceiptFixture f(GENERATE(values(kBothEngines)), 1);
  const AttemptRef first = f.sendOne();
  f.answer(first, channels::TryLater{Millis(0), 131016, channels::Reaction::retry, 0, "busy"});
  f.database->write([](db::Transaction& tx) { tx.run("UPDATE attempts SET state_rank = 0"); });
  f.clock.advance(Millis(3'600'000));
  const AttemptRef second = f.sendOne();
  f.answer(second, channels::Accepted{"wamid.2", "", "", false});
  CHECK(f.apply({f.event(first, Status::failed, 131050)}).optedOut.size() == 1);
  CHECK(f.state(1) == "accepted");
}

TEST_CASE("a message whose clip the provider lost waits for a new upload", "[messages]") {
  MessageFixture f(GENERATE(db::Engine::sqlite, db::Engine::postgresql), 1);
  const AttemptToken tokens(f.keys);
  const ReceiptApplier receipts(tokens, f.channel, f.reactions);
  f.database->write([&](db::Transaction& tx) {
    tx.run(R"sql(INSERT INTO videos (title, filename, state, original_sha256, original_bytes,
        created_at_ms, updated_at_ms) VALUES ('v', 'v.mp4', 'ready', 'x', 1, 0, 0))sql");
    tx.run(R"sql(INSERT INTO clips (video_id, profile, state, created_at_ms)
        VALUES (1, 'whatsapp', 'planned', 0))sql");
    tx.run(R"sql(INSERT INTO campaign_contents (campaign_id, language, clip_id, clip_sha256,
        template_name, template_language) VALUES (1, 'de', 1, 'sha', 't', 'de'))sql");
  });
  const auto upload = [&](const std::string& id) {
    f.database->write([&](db::Transaction& tx) {
      tx.run("DELETE FROM sender_media WHERE media_id IS NULL AND discards = 0");
      if (tx.run("UPDATE sender_media SET state = 'ready', media_id = $1, uploaded_at_ms = $2, "
                 "expires_at_ms = $3",
                 id, f.clock.now(), f.clock.now() + std::chrono::hours(720)) == 0)
        tx.run(
            "INSERT INTO sender_media (sender_id, sha256, state, media_id, uploaded_at_ms, "
            "expires_at_ms) VALUES (1, 'sha', 'ready', $1, $2, $3)",
            id, f.clock.now(), f.clock.now() + std::chrono::hours(720));
    });
  };
  const auto usable = [&] {
    return f.database->read([&](db::Connection& c) {
      return senders::MediaLedger::usable(c, {1}, "sha", f.clock.now());
    });
  };
  const auto held = [&] {
    return f.text(
               "SELECT count(*) || '' FROM holds WHERE scope = 'campaign' AND scope_key = "
               "CAST($1 AS TEXT)",
               1) == "1";
  };
  upload("M1");
  SECTION("told in the answer") {
    f.answer(f.sendOne(), channels::Refused{100, channels::Reaction::fix,
                                            "(#100) Invalid parameter: media id not found"});
    CHECK(f.state(1) == "held");
    CHECK_FALSE(usable());
    CHECK_FALSE(held());
  }
  SECTION("told by a receipt, up to the point where it is the file itself") {
    for (int number = 1; number <= 3; ++number) {
      const AttemptRef attempt = f.sendOne();
      channels::StatusEvent failed;
      failed.status = channels::StatusEvent::Status::failed;
      failed.opaque = tokens.make(attempt);
      failed.errorCode = 131053;
      f.database->write([&](db::Transaction& tx) { receipts.apply(tx, {failed}, f.clock.now()); });
      CHECK(f.state(1) == (number < 3 ? "held" : "failed"));
      CHECK(held() == (number == 3));
      CHECK(usable().has_value() == (number == 3));
      f.clock.advance(std::chrono::hours(2));
      if (number < 3) upload("M" + std::to_string(number + 1));
    }
  }
  SECTION("and another wrong parameter is nothing to heal") {
    f.answer(f.sendOne(),
             channels::Refused{100, channels::Reaction::fix, "(#100) Invalid parameter: to"});
    CHECK(f.state(1) == "failed");
    CHECK(usable() == "M1");
  }
  CHECK(f.countersAreTrue());
}
