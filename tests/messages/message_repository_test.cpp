#include "messages/message_repository.h"

#include "base/error.h"
#include "messages/message_fixture.h"
#include "messages/receipt_applier.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

db::Engine anyEngine() { return GENERATE(db::Engine::sqlite, db::Engine::postgresql); }

struct World : MessageFixture {
  using MessageFixture::MessageFixture;
  Message message(std::int64_t id) {
    return database->read([&](db::Connection& c) { return *MessageRepository(c).find({id}); });
  }
  std::vector<std::int64_t> ids(const MessageFilter& filter, std::int64_t before = 0,
                                int limit = 50) {
    std::vector<std::int64_t> ids;
    database->read([&](db::Connection& c) {
      for (const Message& one : MessageRepository(c).list(filter, {before}, limit))
        ids.push_back(one.id.value);
    });
    return ids;
  }
  std::vector<std::string> kinds(std::int64_t id) {
    std::vector<std::string> kinds;
    database->read([&](db::Connection& c) {
      MessageRepository repository(c);
      for (const MessageEvent& event : repository.timeline(*repository.find({id})))
        kinds.push_back(event.kind);
    });
    return kinds;
  }
  std::optional<TimePoint> youngestConfirmed() {
    return database->read(
        [](db::Connection& c) { return MessageRepository(c).youngestConfirmed({1}); });
  }
  // The provider's receipt "delivered" of an attempt.
  void deliver(AttemptRef attempt) {
    const AttemptToken tokens(keys);
    channels::StatusEvent event;
    event.opaque = tokens.make(attempt);
    event.status = channels::StatusEvent::Status::delivered;
    event.at = clock.now();
    database->write([&](db::Transaction& tx) {
      ReceiptApplier(tokens, channel, reactions).apply(tx, {event}, clock.now());
    });
  }
};

}  // namespace

TEST_CASE("a message is found with all that is known of it", "[messages]") {
  World world(anyEngine(), 1);
  const TimePoint made = world.clock.now();
  world.clock.advance(Millis(5'000));
  const AttemptRef attempt = world.sendOne();
  world.answer(attempt, channels::Refused{131026, channels::Reaction::recipient, "no"});
  const Message message = world.message(1);
  CHECK(message.state == MessageState::failed);
  CHECK(message.reason == "131026");
  CHECK(message.channel == "whatsapp");
  CHECK(message.address == "+4917100000001");
  CHECK(message.createdAt == made);
  CHECK(message.lastTriedAt == world.clock.now());
  CHECK(message.attempts == 1);
  world.database->read([&](db::Connection& c) {
    const auto attempts = MessageRepository(c).attempts({1});
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].state == MessageState::failed);
    CHECK(attempts[0].errorCode == "131026");
    CHECK(attempts[0].finishedAt == world.clock.now());
    CHECK_FALSE(MessageRepository(c).find({2}));
  });
}

TEST_CASE("a timeline begins when the message was made and tells every step", "[messages]") {
  World world(anyEngine(), 1);
  CHECK(world.kinds(1) == std::vector<std::string>{"queued"});
  world.clock.advance(Millis(1));
  const AttemptRef attempt = world.sendOne();
  world.clock.advance(Millis(1));
  world.answer(attempt, channels::Accepted{"wamid.1", "", "", false});
  world.clock.advance(Millis(1));
  world.deliver(attempt);
  CHECK(world.kinds(1) == std::vector<std::string>{"queued", "sending", "accepted", "delivered"});
}

TEST_CASE("lists are paged, newest first, and narrowed by campaign, customer and state",
          "[messages]") {
  World world(anyEngine(), 5);
  world.sendOne();
  const MessageFilter campaign{.campaign = CampaignId{1}, .customer = {}, .state = {}};
  using Ids = std::vector<std::int64_t>;
  CHECK(world.ids({}) == Ids{5, 4, 3, 2, 1});
  CHECK(world.ids({}, 3) == Ids{2, 1});
  CHECK(world.ids(campaign) == Ids{5, 4, 3, 2, 1});
  CHECK(world.ids(campaign, 4, 2) == Ids{3, 2});
  CHECK(world.ids({.campaign = CampaignId{2}, .customer = {}, .state = {}}).empty());
  const auto sending = world.ids({CampaignId{1}, {}, MessageState::sending});
  REQUIRE(sending.size() == 1);
  CHECK(world.ids({CampaignId{1}, {}, MessageState::queued}).size() == 4);
  const CustomerId customer{sending[0]};
  CHECK(world.ids({{}, customer, {}}) == sending);
  CHECK(world.ids({CampaignId{1}, customer, MessageState::sending}) == sending);
  CHECK(world.ids({{}, customer, MessageState::queued}).empty());
  CHECK(world.ids({CampaignId{2}, customer, {}}).empty());
  CHECK_THROWS_AS(world.ids({{}, {}, MessageState::sending}), Error);
}

TEST_CASE("an unknown message was probably never sent once younger ones have their receipts",
          "[messages]") {
  World world(anyEngine(), 3);
  const Millis patience(600'000);
  const auto probably = [&](AttemptRef lost) {
    return probablyNeverSent(world.message(lost.message.value), world.youngestConfirmed(),
                             world.clock.now(), patience);
  };
  const AttemptRef older = world.sendOne();
  world.clock.advance(Millis(1'000));
  const AttemptRef lost = world.sendOne();
  world.answer(lost, channels::Unknown{"timeout"});
  world.deliver(older);
  world.clock.advance(patience);
  CHECK_FALSE(probably(lost));  // only an older one is confirmed
  const AttemptRef younger = world.sendOne();
  CHECK_FALSE(probably(lost));
  world.deliver(younger);
  CHECK(probably(lost));
  world.database->write([&](db::Transaction& tx) {  // much happens to others
    tx.run(R"sql(
      INSERT INTO message_events (message_id, attempt, kind, at_ms)
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
      SELECT $1, 0, 'played', i FROM n)sql",
           older.message);
  });
  CHECK(probably(lost));
  CHECK_FALSE(probably(younger));  // it is not unknown
}

TEST_CASE("an unknown message is given its time even when younger ones are confirmed",
          "[messages]") {
  World world(anyEngine(), 2);
  const AttemptRef lost = world.sendOne();
  world.answer(lost, channels::Unknown{"timeout"});
  world.clock.advance(Millis(1'000));
  world.deliver(world.sendOne());
  const Message message = world.message(lost.message.value);
  const TimePoint tried = *message.lastTriedAt;
  CHECK_FALSE(
      probablyNeverSent(message, world.youngestConfirmed(), tried + Millis(599), Millis(600)));
  CHECK(probablyNeverSent(message, world.youngestConfirmed(), tried + Millis(600), Millis(600)));
}
