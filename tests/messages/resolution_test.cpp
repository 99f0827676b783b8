#include "messages/resolution.h"

#include "jobs/job_runner.h"
#include "messages/message_fixture.h"
#include "messages/receipt_applier.h"
#include "support/catch.h"
#include "support/wait_for.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

constexpr Millis kPatience{600'000};

struct UnknownFixture : MessageFixture {
  UnknownFixture(db::Engine engine, int messages) : MessageFixture(engine, messages) {
    lane.perSecond = 100'000;
  }
  // All that waits is sent and its answer lost.
  void loseAll() {
    for (auto begun = begin(1'000); !begun.empty(); begun = begin(1'000)) {
      for (const AttemptRef& attempt : begun) answer(attempt, channels::Unknown{"reset"});
      clock.advance(Millis(10));
    }
  }
  void receipt(AttemptRef attempt, channels::StatusEvent::Status status) {
    channels::StatusEvent event;
    event.status = status;
    event.opaque = tokens.make(attempt);
    event.at = clock.now();
    database->write([&](db::Transaction& tx) { applier.apply(tx, {event}, clock.now()); });
  }
  Resolution runToEnd(ResolutionId id) {
    jobs::JobRunner runner(*database, clock, bell, {service.handler()}, {.poll = Millis(5)});
    runner.start();
    waitFor([&] { return service.get(id).state == "done"; });
    runner.stop(Millis(5'000));
    return service.get(id);
  }
  UnknownFilter all() {
    UnknownFilter filter;
    filter.triedBefore = clock.now();
    return filter;
  }

  AttemptToken tokens{keys};
  ReceiptApplier applier{tokens, channel, reactions};
  users::AuditLog audit{clock};
  jobs::Bell bell;
  const Actor anna{"token", "7", "r1"};
  ResolutionService service{*database, audit, clock, bell, kPatience, [] {}};
};

}  // namespace

TEST_CASE("unknown messages are sent again by a decision, each once", "[messages]") {
  UnknownFixture f(GENERATE(values(kBothEngines)), 450);
  f.loseAll();
  REQUIRE(f.counter("unknown") == 450);
  f.clock.advance(Millis(1'000));
  const Resolution begun = f.service.begin(true, f.all(), f.anna);
  CHECK(begun.total == 450);
  const Resolution done = f.runToEnd(begun.id);
  CHECK(done.seen == 450);
  CHECK(done.resolved == 450);
  CHECK(f.counter("held") == 450);
  CHECK(f.reason(1) == "resend");
  f.loseAll();  // once more: these attempts are younger than the decision
  CHECK(f.counter("unknown") == 450);
  CHECK(f.database->read([&](db::Connection& c) {
    UnknownFilter before = f.all();
    before.triedBefore = begun.filter.triedBefore;
    return MessageRepository(c).countUnknown(before, f.clock.now(), kPatience);
  }) == 0);
  CHECK(f.countersAreTrue());
}

TEST_CASE("what was given up has failed, and a late receipt still counts", "[messages]") {
  UnknownFixture f(GENERATE(values(kBothEngines)), 2);
  f.loseAll();
  f.clock.advance(Millis(1'000));
  f.runToEnd(f.service.begin(false, f.all(), f.anna).id);
  CHECK(f.state(1) == "failed");
  CHECK(f.reason(1) == "given_up");
  f.receipt({{1}, 1}, channels::StatusEvent::Status::delivered);
  CHECK(f.state(1) == "delivered");
  CHECK(f.attemptState({{1}, 1}) == "delivered");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a receipt that comes before the second try makes it needless", "[messages]") {
  UnknownFixture f(GENERATE(values(kBothEngines)), 1);
  f.loseAll();
  f.clock.advance(Millis(1'000));
  f.runToEnd(f.service.begin(true, f.all(), f.anna).id);
  REQUIRE(f.claim(1).size() == 1);
  f.receipt({{1}, 1}, channels::StatusEvent::Status::sent);
  CHECK(f.begin(1).empty());
  CHECK(f.state(1) == "sent");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a decision reaches only what its filter names", "[messages]") {
  UnknownFixture f(GENERATE(values(kBothEngines)), 4);
  const AttemptRef old = f.sendOne();
  f.answer(old, channels::Unknown{"reset"});
  f.clock.advance(Millis(1'000));
  const AttemptRef confirmed = f.sendOne();
  f.receipt(confirmed, channels::StatusEvent::Status::sent);
  f.clock.advance(kPatience);
  f.answer(f.sendOne(), channels::Unknown{"reset"});
  f.clock.advance(Millis(1'000));
  UnknownFilter other = f.all();
  other.campaign = CampaignId{2};
  CHECK(f.service.begin(false, other, f.anna).total == 0);
  other = f.all();
  other.sender = SenderId{2};
  CHECK(f.service.begin(false, other, f.anna).total == 0);
  UnknownFilter probably = f.all();
  probably.probablyNeverSent = true;
  const Resolution done = f.runToEnd(f.service.begin(false, probably, f.anna).id);
  CHECK(done.total == 1);
  CHECK(f.state(old.message.value) == "failed");
  CHECK(f.counter("unknown") == 1);
}

TEST_CASE("nothing is decided by itself unless the policy says so, and resent only once",
          "[messages]") {
  UnknownFixture f(GENERATE(values(kBothEngines)), 2);
  const AttemptRef lost = f.sendOne();
  f.answer(lost, channels::Unknown{"reset"});
  f.clock.advance(Millis(1'000));
  const AttemptRef good = f.sendOne();
  f.receipt(good, channels::StatusEvent::Status::sent);
  f.clock.advance(kPatience);
  f.service.apply(UnknownPolicy::keep);
  CHECK(f.service.list({}, 10).empty());
  f.service.apply(UnknownPolicy::resend);
  f.service.apply(UnknownPolicy::resend);
  REQUIRE(f.service.list({}, 10).size() == 1);
  f.runToEnd(f.service.list({}, 10)[0].id);
  CHECK(f.state(lost.message.value) == "held");
  f.answer(f.sendOne(), channels::Unknown{"reset"});
  f.clock.advance(kPatience);
  f.receipt(good, channels::StatusEvent::Status::read);
  f.database->write([&](db::Transaction& tx) {  // the other one was tried again much later
    tx.run("UPDATE confirmed_attempts SET started_at_ms = $1", f.clock.now());
  });
  f.clock.advance(Millis(1));
  f.service.apply(UnknownPolicy::resend);
  CHECK(f.service.list({}, 10).size() == 1);
  f.service.apply(UnknownPolicy::giveUp);
  CHECK(f.service.list({}, 10).size() == 2);
}

TEST_CASE("what is sent again needs a consent and a campaign that sends", "[messages]") {
  UnknownFixture f(GENERATE(values(kBothEngines)), 3);
  f.loseAll();
  f.clock.advance(Millis(1'000));
  const std::string state = GENERATE("completed", "cancelled");
  f.database->write([&](db::Transaction& tx) {
    tx.run("UPDATE campaigns SET state = $1", state);
    f.optOut.apply(tx, {1}, "whatsapp", {"button", "whatsapp", "x"}, f.clock.now(), f.clock.now());
  });
  f.runToEnd(f.service.begin(true, f.all(), f.anna).id);
  CHECK(f.text("SELECT state FROM campaigns WHERE id = $1", 1) ==
        (state == "completed" ? "running" : "cancelled"));
  f.loseAll();
  CHECK(f.state(1) == "skipped");
  CHECK(f.state(2) == (state == "completed" ? "unknown" : "skipped"));
  CHECK(f.countersAreTrue());
}
