#include "messages/counter_truth.h"

#include <random>

#include "channels/opt_out.h"
#include "messages/inbound_applier.h"
#include "messages/message_fixture.h"
#include "messages/read_times.h"
#include "messages/receipt_applier.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

using Status = channels::StatusEvent::Status;

struct World : MessageFixture {
  World(db::Engine engine, int customers) : MessageFixture(engine, customers) {
    lane.perSecond = 1000;
  }

  channels::StatusEvent receipt(AttemptRef attempt, Status status, TimePoint at, int code = 0) {
    channels::StatusEvent event;
    event.status = status;
    event.opaque = tokens.make(attempt);
    event.providerMessageId = "wamid." + std::to_string(attempt.message.value);
    event.at = at;
    event.errorCode = code;
    return event;
  }
  void apply(const std::vector<channels::StatusEvent>& events) {
    database->write([&](db::Transaction& tx) { receipts.apply(tx, events, clock.now()); });
  }
  // An answer of customer n; quotes the message when `quoted`.
  void say(int n, const std::string& type, const std::string& words, const std::string& payload,
           bool quoted) {
    channels::InboundMessage message;
    message.providerMessageId = "wamid.in" + std::to_string(++said);
    message.waId = numberOf(n).substr(1);
    message.at = clock.now();
    message.type = type;
    message.text = words;
    message.payload = payload;
    if (quoted) message.contextId = "wamid." + std::to_string(n);
    channels::WebhookEvent event;
    event.numberId = "1001";
    InboundSummary summary;
    database->write(
        [&](db::Transaction& tx) { inbound.apply(tx, event, message, clock.now(), summary); });
  }

  int said = 0;
  AttemptToken tokens{keys};
  ReceiptApplier receipts{tokens, channel, reactions};
  InboundApplier inbound{"whatsapp", optOut};
};

}  // namespace

TEST_CASE("counters equal the table after whatever comes in whatever order", "[messages]") {
  constexpr int kCustomers = 12, kSteps = 120;
  World world(GENERATE(values(kBothEngines)), kCustomers);
  std::minstd_rand random(GENERATE(11U, 12U));
  const auto roll = [&](int sides) {
    return static_cast<int>(random() % static_cast<unsigned>(sides));
  };
  std::vector<AttemptRef> attempts;
  const std::vector<Status> statuses{Status::sent, Status::delivered, Status::read, Status::failed};
  for (int step = 0; step < kSteps; ++step) {
    world.clock.advance(Millis(roll(3'000'000)));
    const int what = attempts.empty() ? 0 : roll(8);
    if (what == 0) {
      for (const AttemptRef attempt : world.begin(1 + roll(3))) attempts.push_back(attempt);
    } else if (what == 1) {
      const AttemptRef attempt =
          attempts[static_cast<std::size_t>(roll(static_cast<int>(attempts.size())))];
      const int answer = roll(4);
      if (answer == 0)
        world.answer(attempt, channels::Accepted{"wamid." + std::to_string(attempt.message.value),
                                                 "", "", false});
      if (answer == 1) world.answer(attempt, channels::Unknown{"reset"});
      if (answer == 2)
        world.answer(attempt,
                     channels::TryLater{Millis(0), 131000, channels::Reaction::retry, 0, ""});
      if (answer == 3)
        world.answer(attempt, channels::Refused{131026, channels::Reaction::recipient, ""});
    } else if (what == 2) {
      const int n = 1 + roll(kCustomers);
      const bool quoted = roll(2) == 0;
      switch (roll(6)) {
        case 0: world.say(n, "text", "STOP", "", quoted); break;
        case 1: world.say(n, "button", "Ja", "more:c1", quoted); break;
        case 2: world.say(n, "button", "Nein", "less:c1", quoted); break;
        default: world.say(n, "text", "Danke", "", quoted);
      }
    } else {
      std::vector<channels::StatusEvent> events;
      for (int i = roll(4); i >= 0; --i) {
        const AttemptRef attempt =
            attempts[static_cast<std::size_t>(roll(static_cast<int>(attempts.size())))];
        const Status status = statuses[static_cast<std::size_t>(roll(4))];
        const int code = status != Status::failed ? 0 : roll(2) == 0 ? 131016 : 131026;
        events.push_back(
            world.receipt(attempt, status, world.clock.now() - Millis(roll(90'000'000)), code));
      }
      world.apply(events);
      if (roll(3) == 0) world.apply(events);
    }
    REQUIRE(world.countersAreTrue());
  }
  CHECK(world.counter("read") > 0);
}

TEST_CASE("why a message is held, failed or skipped is counted with it", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 3);
  const AttemptRef one = world.sendOne(), two = world.sendOne();
  world.answer(one, channels::TryLater{Millis(0), 131000, channels::Reaction::retry, 0, ""});
  CHECK(world.counter("held:131000") == 1);
  world.apply({world.receipt(two, Status::failed, world.clock.now(), 131026)});
  CHECK(world.counter("failed:131026") == 1);
  world.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE consents SET state = 'withdrawn'"); });
  world.clock.advance(Millis(7'200'000));
  CHECK(world.claim(3).empty());
  CHECK(world.counter("held:131000") == 0);
  CHECK(world.counter("skipped:no_consent") == 2);
  world.apply({world.receipt(two, Status::delivered, world.clock.now())});
  CHECK(world.counter("failed:131026") == 0);
  CHECK(world.countersAreTrue());
}

TEST_CASE("how long reading took does not depend on the order of receipts", "[messages]") {
  const auto engine = GENERATE(values(kBothEngines));
  World world(engine, 6);
  std::vector<Status> order{Status::sent, Status::delivered, Status::read};
  do {
    const AttemptRef attempt = world.sendOne();
    const TimePoint sent = world.clock.now();
    for (const Status status : order) {
      const TimePoint at = status == Status::read ? sent + Millis(1'900'000) : sent + Millis(1'000);
      world.apply({world.receipt(attempt, status, at), world.receipt(attempt, status, at)});
    }
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(world.counter("read_in:3600") == 6);
  CHECK(world.counter("read_in:60") == 0);
  CHECK(world.countersAreTrue());
}

TEST_CASE("times of reading fall into their buckets", "[messages]") {
  const TimePoint at = fromMs(1'790'000'000'000);
  const auto bucket = [&](Millis took) { return readCounter({at, at + took}).value(); };
  CHECK(bucket(Millis(-5'000)) == "read_in:60");
  CHECK(bucket(Millis(60'000)) == "read_in:60");
  CHECK(bucket(Millis(60'001)) == "read_in:300");
  CHECK(bucket(Millis(3'600'000)) == "read_in:3600");
  CHECK(bucket(Millis(259'200'001)) == "read_in:more");
  CHECK(readCounter({std::nullopt, at}) == "read_in:60");
  CHECK_FALSE(readCounter({at, std::nullopt}));
}

TEST_CASE("taps, replies and STOP are counted apart and once per message", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 3);
  for (int n = 1; n <= 3; ++n) {
    const AttemptRef attempt = world.sendOne();
    world.answer(attempt, channels::Accepted{"wamid." + std::to_string(attempt.message.value), "",
                                             "", false});
  }
  world.say(1, "button", "Mehr davon", "more:c1", true);
  world.clock.advance(Millis(1'000));
  world.say(1, "button", "Weniger", "less:c1", true);
  world.say(1, "text", "Danke!", "", false);  // without quoting: answers the newest message
  world.say(1, "text", "Danke!!", "", false);
  world.say(2, "button", "Abmelden", channels::stopPayload(1), true);
  world.say(3, "system", "changed number", "", false);
  CHECK(world.counter("tapped") == 1);
  CHECK(world.counter("tapped:more:c1") == 1);
  CHECK(world.counter("replied") == 1);
  CHECK(world.counter("opted_out") == 1);
  CHECK(world.text("SELECT count(*) FROM message_events WHERE kind = 'tapped' AND message_id = $1",
                   1) == "2");
  world.clock.advance(Millis(8 * 24 * 3'600'000LL));
  world.say(3, "text", "Hallo?", "", false);  // too late to be an answer
  CHECK(world.counter("replied") == 1);
  CHECK(world.countersAreTrue());
}
