#include "messages/reactions.h"

#include "channels/whatsapp/errors.h"
#include "messages/holds.h"
#include "messages/message_fixture.h"
#include "messages/receipt_applier.h"
#include "messages/sender_rate.h"
#include "messages/token_probe.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;
using channels::Reaction;

namespace {

// The same refusal by either way: in the answer, or in a receipt after an accepted one.
struct ReactionFixture : MessageFixture {
  explicit ReactionFixture(db::Engine engine, int messages) : MessageFixture(engine, messages) {
    database->write([](db::Transaction& tx) {
      tx.run(
          "INSERT INTO videos (title, filename, state, original_sha256, original_bytes, "
          "created_at_ms, updated_at_ms) VALUES ('v', 'v.mp4', 'ready', 'x', 1, 0, 0)");
      tx.run(
          "INSERT INTO clips (video_id, profile, state, created_at_ms) "
          "VALUES (1, 'whatsapp', 'planned', 0)");
      tx.run(
          "INSERT INTO campaign_contents (campaign_id, language, clip_id, clip_sha256, "
          "template_name, template_language) VALUES (1, 'de', 1, 'f1', 'product_clip', 'de'), "
          "(1, 'fr', 1, 'f1', 'product_clip', 'fr')");
      tx.run(
          "INSERT INTO senders (channel, name, external_id, account_id, base_url, api_version, "
          "token_source, app_secret_source, verify_token_source, messages_per_second, state, "
          "created_at_ms, updated_at_ms) VALUES "
          "('whatsapp', 'Same account', '1002', '2001', 'http://localhost', 'v23.0', 'env:U', "
          "'env:S', 'env:V', 80, 'active', 0, 0), "
          "('whatsapp', 'Same token', '1003', '2002', 'http://localhost', 'v23.0', 'env:T', "
          "'env:S', 'env:V', 80, 'active', 0, 0)");
    });
  }
  channels::SendOutcome outcomeOf(int code, Millis asked = Millis(0)) const {
    const channels::ErrorInfo& info = channel.errorInfo(code);
    if (!info.temporary) return channels::Refused{code, info.reaction, "no"};
    return channels::TryLater{
        asked > Millis(0) ? asked : info.after, code, info.reaction, info.maxTries, "later", asked};
  }
  AttemptRef refuse(int code, bool byReceipt) {
    const AttemptRef attempt = sendOne();
    if (!byReceipt) {
      answer(attempt, outcomeOf(code));
      return attempt;
    }
    answer(attempt, channels::Accepted{"wamid." + std::to_string(attempt.message.value) + "." +
                                           std::to_string(attempt.number),
                                       "", "", false});
    receipt(attempt, channels::StatusEvent::Status::failed, code);
    return attempt;
  }
  channels::StatusEvent receiptOf(AttemptRef attempt, channels::StatusEvent::Status status,
                                  int code) const {
    channels::StatusEvent event;
    event.status = status;
    event.opaque = tokens.make(attempt);
    event.errorCode = code;
    event.at = clock.now();
    return event;
  }
  void receipt(AttemptRef attempt, channels::StatusEvent::Status status, int code) {
    const auto event = receiptOf(attempt, status, code);
    database->write([&](db::Transaction& tx) {
      for (const auto& [customer, at] : applier.apply(tx, {event}, clock.now()).optedOut)
        optOut.apply(tx, customer, "whatsapp", {"provider_error", "whatsapp", "x"}, at,
                     clock.now());
    });
  }
  std::vector<std::string> holds() {
    std::vector<std::string> list;
    for (const Hold& hold :
         database->read([&](db::Connection& c) { return HoldRepository(c).active(clock.now()); }))
      list.push_back(hold.scope + " " + hold.key + ": " + hold.reason);
    return list;
  }
  std::vector<Lane> lanes() {
    return database->read([&](db::Connection& c) { return openLanes(c, clock.now()); });
  }
  std::optional<SenderLimit> limit(std::int64_t sender = 1) {
    return database->read([&](db::Connection& c) { return senderLimit(c, {sender}, clock.now()); });
  }
  Millis wait(std::int64_t message) {
    return Millis(
        std::stoll(text("SELECT CAST(due_at_ms AS TEXT) FROM messages WHERE id = $1", message)) -
        toMs(clock.now()));
  }
  // Another campaign, for a purpose that customer 1 has agreed to; message 2 is theirs.
  void addCampaign(const std::string& purpose) {
    database->write([&](db::Transaction& tx) {
      tx.run(
          "INSERT INTO campaigns (name, state, sender_id, purpose, audience, fallback_language, "
          "created_at_ms, updated_at_ms) VALUES ('d', 'running', 1, $1, '{}', 'de', 0, 0)",
          purpose);
      tx.run(
          "INSERT INTO consents (customer_id, channel, purpose, state, wording_id, tracking, "
          "ledger_seq, changed_at_ms) VALUES (1, 'whatsapp', $1, 'given', 1, 1, 1, 0) "
          "ON CONFLICT DO NOTHING",
          purpose);
      tx.run(
          "INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state, "
          "due_at_ms, state_at_ms, created_at_ms) VALUES (2, 1, 1, $1, 'de', 'queued', $2, $2, $2)",
          numberOf(1), clock.now());
      CounterChanges changes;
      changes.add({2}, "queued");
      changes.write(tx);
    });
  }
  std::string campaign(const std::string& column) {
    return text("SELECT " + column + " FROM campaigns WHERE id = $1", 1);
  }

  AttemptToken tokens{keys};
  ReceiptApplier applier{tokens, channel, reactions};
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("every code has the same effect in an answer and in a failed receipt", "[messages]") {
  ReactionFixture f(db::Engine::sqlite, 0);
  int number = 0;
  for (const channels::ErrorInfo* e = channels::whatsapp::begin(); e != channels::whatsapp::end();
       ++e) {
    if (e->code == 0) continue;
    std::vector<std::string> ends;
    for (const bool byReceipt : {false, true}) {
      INFO(e->code << (byReceipt ? " by receipt" : " in the answer"));
      f.database->write([](db::Transaction& tx) {
        tx.run("DELETE FROM holds");
        tx.run("DELETE FROM sender_rates");
        tx.run("DELETE FROM campaign_guards");
        tx.run("UPDATE messages SET due_at_ms = 9000000000000 WHERE state IN ('queued', 'held')");
      });
      f.addMessage(++number);
      f.clock.advance(Millis(1'000));
      f.refuse(e->code, byReceipt);
      std::string end = f.state(number) + " " + f.reason(number);
      for (const std::string& hold : f.holds()) end += ", " + hold;
      for (const std::int64_t sender : {1, 2, 3})
        end += f.limit(sender) ? ", limited " + std::to_string(f.limit(sender)->perSecond) : ", -";
      end += f.text("SELECT state FROM consents WHERE customer_id = $1", number);
      ends.push_back(end);
      CHECK(f.text("SELECT CAST(count(*) AS TEXT) FROM unreached WHERE customer_id = $1", number) ==
            (e->reaction == Reaction::unreachable ? "1" : "0"));
      CHECK(f.campaign("state") == "running");
      const bool waits =
          (e->temporary && e->maxTries != 1) || e->reaction == Reaction::templatePause;
      CHECK(f.state(number) == (waits ? "held" : "failed"));
      const bool wide = e->reaction == Reaction::templatePause || e->reaction == Reaction::number ||
                        e->reaction == Reaction::account || e->reaction == Reaction::auth;
      CHECK(f.holds().empty() != wide);
    }
    CHECK(ends[0] == ends[1]);
  }
  CHECK(f.countersAreTrue());
}

TEST_CASE("a refusal holds what it speaks of and nothing beside it", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  const bool byReceipt = GENERATE(false, true);
  const auto [code, holds] =
      GENERATE(table<int, Strings>({{132015, {"template 1/product_clip/de: 132015"}},
                                    {132016, {"template 1/product_clip/de: 132016"}},
                                    {132001, {"template 1/product_clip/de: 132001"}},
                                    {132000, {"template 1/product_clip/de: 132000"}},
                                    {132012, {"template 1/product_clip/de: 132012"}},
                                    {131048, {"sender 1: 131048"}},
                                    {131031, {"sender 1: 131031", "sender 2: 131031"}},
                                    {131042, {"sender 1: 131042", "sender 2: 131042"}},
                                    {368, {"sender 1: 368", "sender 2: 368"}},
                                    {190, {"sender 1: 190", "sender 3: 190"}},
                                    {131005, {"sender 1: 131005", "sender 3: 131005"}},
                                    {131026, {}},
                                    {131056, {}},
                                    {130429, {}}}));
  f.refuse(code, byReceipt);
  CHECK(f.holds() == holds);
}

TEST_CASE("a message that does not fit its template gets a second chance and no third",
          "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  const int code = GENERATE(132000, 132012);
  const bool byReceipt = GENERATE(false, true);
  f.refuse(code, byReceipt);
  CHECK(f.state(1) == "held");
  f.clock.advance(std::chrono::hours(24));
  CHECK(f.holds().empty());
  f.refuse(code, byReceipt);
  CHECK(f.state(1) == "failed");
  CHECK(f.reason(1) == std::to_string(code));
  CHECK(f.holds() == Strings{"template 1/product_clip/de: " + std::to_string(code)});
  CHECK(f.countersAreTrue());
}

TEST_CASE("a template the provider refuses has its account's list read again", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  const auto due = [&](std::int64_t sender) {
    return f.text("SELECT CAST(templates_due_ms AS TEXT) FROM senders WHERE id = $1", sender);
  };
  f.database->write([](db::Transaction& tx) { tx.run("UPDATE senders SET templates_due_ms = 9"); });
  f.refuse(132001, GENERATE(false, true));
  CHECK(due(1) == "0");
  CHECK(due(2) == "0");  // the same account
  CHECK(due(3) == "9");
}

TEST_CASE("whom the provider spares gets nothing of other campaigns for the same purpose",
          "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  const auto [code, hours] = GENERATE(table<int, int>({{131049, 24}, {130472, 72}}));
  f.refuse(code, GENERATE(false, true));
  const TimePoint until = f.clock.now() + std::chrono::hours(hours);
  f.lane.campaign = {2};
  SECTION("until the time is over") {
    const std::string held = "held:" + std::to_string(code);
    f.addCampaign("marketing");
    f.clock.advance(Millis(1'000));
    CHECK(f.claim(1).empty());
    CHECK(f.state(2) == "held");
    CHECK(f.reason(2) == std::to_string(code));
    CHECK(f.wait(2) == until - f.clock.now());
    f.database->read([&](db::Connection& c) {
      CHECK(counters(c, {2})["queued"] == 0);
      CHECK(counters(c, {2})[held] == 1);
    });
    f.clock.advance(f.wait(2));
    CHECK(f.claim(1).size() == 1);
  }
  SECTION("but what they agreed to for something else") {
    f.addCampaign("orders");
    f.lane.purpose = "orders";
    f.clock.advance(Millis(1'000));
    CHECK(f.claim(1).size() == 1);
  }
  CHECK(f.countersAreTrue());
}

TEST_CASE("a message held back for its recipient's sake is tried once more", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  f.refuse(131049, false);
  CHECK(f.wait(1) >= std::chrono::hours(24));
  f.clock.advance(f.wait(1));
  f.refuse(131049, true);
  CHECK(f.state(1) == "failed");
  CHECK(f.countersAreTrue());
}

TEST_CASE("of two refusals the one that holds longer counts", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 2);
  const AttemptRef slow = f.sendOne();
  f.refuse(131048, false);
  f.answer(slow, f.outcomeOf(130429, Millis(2'000)));
  CHECK(f.holds() == Strings{"sender 1: 131048"});
  f.clock.advance(Millis(3'000));
  CHECK(f.holds() == Strings{"sender 1: 131048"});
}

TEST_CASE("while the provider is not reached nothing fails, and it is asked seldom", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  std::vector<std::int64_t> rests;  // in seconds
  for (int outage = 0; outage < 12; ++outage) {
    REQUIRE_FALSE(f.lanes().empty());
    f.answer(f.sendOne(), channels::TryLater{Millis(5'000), 0, Reaction::retry, 0, "no route", {}});
    CHECK(f.state(1) == "held");
    CHECK(f.reason(1) == "not_reached");
    CHECK(f.lanes().empty());
    const TimePoint began = f.clock.now();
    while (f.lanes().empty() && f.clock.now() < began + Millis(600'000))
      f.clock.advance(Millis(1'000));
    rests.push_back((f.clock.now() - began) / Millis(1'000));
    f.clock.advance(Millis(1'000));  // each message waits a little more than its sender
  }
  CHECK(rests[0] <= 6);
  CHECK(rests[1] <= 11);
  CHECK(rests[11] == 60);
  f.answer(f.sendOne(), channels::Accepted{"wamid.1", "", "", false});
  CHECK(f.state(1) == "accepted");
  CHECK(f.countersAreTrue());
}

TEST_CASE("an answer that nobody can read rests the sender, and its message gives up",
          "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  for (int i = 0; i < 3; ++i) {
    f.answer(f.sendOne(), channels::TryLater{Millis(5'000), 0, Reaction::retry, 3, "HTTP 403", {}});
    CHECK(f.holds() == Strings{"sender 1: not_reached"});
    f.clock.advance(Millis(3'600'000));
  }
  CHECK(f.state(1) == "failed");
}

TEST_CASE("what the provider asks for in seconds stands above our own delay", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  f.answer(f.sendOne(), f.outcomeOf(131057, Millis(7'000)));
  CHECK(f.wait(1) >= Millis(7'000));
  CHECK(f.wait(1) <= Millis(7'700));
}

TEST_CASE("a recipient who got too much waits four times as long each time, in every campaign",
          "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 1);
  f.addCampaign("marketing");
  Millis expected{4'000};
  for (int n = 0; n < 4; ++n, expected *= 4) {
    f.refuse(131056, n % 2 == 1);
    CHECK(f.wait(1) >= expected);
    CHECK(f.wait(1) <= expected + Millis(1'000));
    CHECK(f.wait(2) == f.wait(1));
    CHECK(f.reason(2) == "131056");
    f.clock.advance(f.wait(1));
  }
  CHECK(f.countersAreTrue());
}

TEST_CASE("too fast: the rate is halved for one burst once and climbs back slowly", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 8);
  for (int i = 0; i < 3; ++i) f.refuse(130429, false);
  REQUIRE(f.limit());
  CHECK(f.limit()->perSecond == 40);
  CHECK(f.limit()->code == "130429");
  CHECK(f.lanes().at(0).perSecond == 40);
  const TimePoint since = f.limit()->since;
  f.clock.advance(Millis(3'000));
  f.refuse(130429, true);
  CHECK(f.limit()->perSecond == 20);
  CHECK(f.limit()->since == since);
  f.clock.advance(Millis(150'000));
  CHECK(f.limit()->perSecond == 40);
  f.clock.advance(Millis(300'000));
  CHECK_FALSE(f.limit());
  CHECK(f.lanes().at(0).perSecond == 80);
  for (int i = 0; i < 12; ++i) {
    f.clock.advance(Millis(2'000));
    f.database->write(
        [&](db::Transaction& tx) { SenderRates(tx).slowDown({1}, "4", f.clock.now()); });
  }
  CHECK(f.limit()->perSecond == 1);
}

TEST_CASE("calls counted by account slow all its numbers down, and a wait it asks for is kept",
          "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 2);
  f.refuse(80007, false);
  CHECK(f.limit(1)->perSecond == 40);
  CHECK(f.limit(2)->perSecond == 40);
  CHECK_FALSE(f.limit(3));
  CHECK(f.holds().empty());
  f.answer(f.sendOne(), f.outcomeOf(4, Millis(60'000)));
  CHECK(f.holds() == Strings{"sender 1: 4", "sender 2: 4"});
  f.clock.advance(Millis(60'001));
  CHECK(f.holds().empty());
  CHECK(f.lanes().at(0).perSecond == 48);  // half, and a minute of climbing
}

TEST_CASE("a revoked token: all wait, a question finds out that it is mended", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 3);
  bool works = false;
  int asked = 0, wakes = 0;
  const users::AuditLog audit(f.clock);
  TokenProbe probe(
      *f.database,
      [&](SenderId) {
        ++asked;
        return works;
      },
      audit, f.clock, [&] { ++wakes; });
  f.refuse(190, false);
  CHECK(f.lanes().empty());
  CHECK(probe.runDue() == 0);
  CHECK(asked == 0);
  for (int minute = 0; minute < 24 * 60; ++minute) {  // a day
    f.clock.advance(Millis(60'000));
    probe.runDue();
    CHECK(f.lanes().empty());  // no message is spent on it
  }
  CHECK(asked >= 2 * 90);
  CHECK(asked <= 2 * 110);
  works = true;
  int released = 0;
  for (int minute = 0; minute < 16; ++minute) {
    f.clock.advance(Millis(60'000));
    released += probe.runDue();
    if (released > 0) break;
  }
  CHECK(released == 2);
  CHECK(wakes == 1);
  REQUIRE(f.lanes().size() == 1);
  CHECK(f.lanes()[0].perSecond == 1);
  CHECK(f.state(1) == "held");
  f.answer(f.sendOne(), channels::Accepted{"wamid.1", "", "", false});
  CHECK(f.holds().empty());
}

TEST_CASE("the same refusal of many messages pauses the campaign with its reason", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 30);
  f.lane.perSecond = 1'000;
  const bool byReceipt = GENERATE(false, true);
  for (int i = 1; i < 20; ++i) f.refuse(131008, byReceipt);
  CHECK(f.campaign("state") == "running");
  f.refuse(132018, byReceipt);
  CHECK(f.campaign("state") == "paused");
  CHECK(f.campaign("pause_reason") == "guard:132018");
  CHECK(f.campaign("paused_by") == "system");
  CHECK(f.countersAreTrue());
}

TEST_CASE("few refusals among many sends pause nothing", "[messages]") {
  ReactionFixture f(db::Engine::sqlite, 300);
  f.lane.perSecond = 10'000;
  for (int i = 0; i < 300; ++i)
    if (i % 5 == 0)
      f.refuse(132005, false);
    else
      f.answer(f.sendOne(), channels::Accepted{"wamid." + std::to_string(i), "", "", false});
  CHECK(f.campaign("state") == "running");
}

TEST_CASE("refusals that come late, among receipts of what arrived, pause nothing", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 300);
  f.lane.perSecond = 10'000;
  std::vector<AttemptRef> sent;
  for (int i = 0; i < 300; ++i) {
    sent.push_back(f.sendOne());
    f.answer(sent.back(), channels::Accepted{"wamid." + std::to_string(i), "", "", false});
  }
  for (int i = 0; i < 300; ++i)
    f.receipt(sent[static_cast<std::size_t>(i)],
              i % 5 == 0 ? channels::StatusEvent::Status::failed
                         : channels::StatusEvent::Status::delivered,
              i % 5 == 0 ? 132005 : 0);
  CHECK(f.campaign("state") == "running");
  CHECK(f.state(1) == "failed");
  CHECK(f.state(2) == "delivered");
}

TEST_CASE("receipts that come all at once are held against one another", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 150);
  f.lane.perSecond = 10'000;
  const int refusedOf = GENERATE(5, 2);
  std::vector<channels::StatusEvent> events;
  for (int i = 0; i < 150; ++i) {
    const AttemptRef attempt = f.sendOne();
    f.answer(attempt, channels::Accepted{"wamid." + std::to_string(i), "", "", false});
    const bool refused = i % refusedOf == 0;
    events.push_back(f.receiptOf(
        attempt,
        refused ? channels::StatusEvent::Status::failed : channels::StatusEvent::Status::delivered,
        refused ? 132005 : 0));
  }
  f.database->write([&](db::Transaction& tx) { f.applier.apply(tx, events, f.clock.now()); });
  CHECK(f.campaign("state") == (refusedOf == 5 ? "running" : "paused"));
}

TEST_CASE("a campaign of which every second send is refused pauses, whatever arrives",
          "[messages]") {
  ReactionFixture f(db::Engine::sqlite, 200);
  f.lane.perSecond = 10'000;
  int sent = 0;
  for (; sent < 200 && f.campaign("state") == "running"; ++sent) {
    if (sent % 2 == 0) {
      f.refuse(132005, false);
      continue;
    }
    const AttemptRef attempt = f.sendOne();
    f.answer(attempt, channels::Accepted{"wamid." + std::to_string(sent), "", "", false});
    f.receipt(attempt, channels::StatusEvent::Status::delivered, 0);
  }
  CHECK(f.campaign("pause_reason") == "guard:132005");
  CHECK(sent < 130);
}

TEST_CASE("a file the provider refused twice stops its campaign", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 3);
  f.refuse(131053, GENERATE(false, true));
  CHECK(f.campaign("state") == "running");
  f.refuse(131053, true);
  CHECK(f.campaign("state") == "paused");
  CHECK(f.campaign("pause_reason") == "guard:131053");
}

TEST_CASE("a code nobody knows fails the message and is counted", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 2);
  f.refuse(777, false);
  f.refuse(777, true);
  CHECK(f.state(1) == "failed");
  CHECK(f.reason(2) == "777");
  f.database->read([](db::Connection& c) {
    CHECK(*c.scalar<std::int64_t>("SELECT CAST(sum(count) AS BIGINT) FROM provider_errors WHERE "
                                  "code = '777' AND listed = 0") == 2);
  });
}

TEST_CASE("while one language waits the others are sent", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 4);
  f.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE messages SET language = 'fr' WHERE id > 2"); });
  f.lane.languages = {"fr"};
  CHECK(f.begin(10).size() == 2);
  CHECK(f.state(1) == "queued");
  CHECK(f.state(3) == "sending");
}

TEST_CASE("what is held after the claim is not sent", "[messages]") {
  ReactionFixture f(GENERATE(values(kBothEngines)), 2);
  const bool meanwhile = f.database->engine() == db::Engine::postgresql;
  const auto [scope, key] = GENERATE(table<std::string, std::string>(
      {{"everything", ""}, {"channel", "whatsapp"}, {"sender", "1"}, {"campaign", "1"}}));
  const auto hold = [&, s = scope, k = key] {
    f.database->write([&](db::Transaction& tx) {
      HoldRepository(tx).hold({s, k, "stop", "token:1", f.clock.now(), std::nullopt});
    });
  };
  REQUIRE(f.claim(2).size() == 2);
  if (!meanwhile) hold();
  CHECK(f.begin(2, [&] {
           if (meanwhile) hold();
         }).empty());
  CHECK(f.state(1) == "queued");
  CHECK(f.countersAreTrue());
}
