// Random lives of a small campaign against a reference model: what the provider did, what operators
// and customers decided, and what must then never happen. A failing life is made shorter until no
// step can be left out without losing that failure, and printed. The seed is always printed;
// CLIPCOURIER_MODEL_SEED repeats it.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <random>
#include <set>
#include <sstream>

#include "messages/holds.h"
#include "messages/message_fixture.h"
#include "messages/message_repository.h"
#include "messages/receipt_applier.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;
using Status = channels::StatusEvent::Status;

namespace {

constexpr int kCustomers = 8;
constexpr Millis kPatience{600'000};

enum class Act {
  round,      // a dispatcher's round, with something happening in it
  accept,     // the provider takes a request and says so
  refuse,     // or refuses it
  loseTaken,  // takes it, and the answer is lost
  loseFree,   // never sees it
  receipt,    // one of its receipts arrives, maybe not for the last time
  stop,       // a customer says STOP
  hold,
  release,
  pause,
  resume,
  cancel,
  resend,
  giveUp,
  restart,  // killed and started again
  settle,   // deadlines that are over
  wait,
};
constexpr Act kActs[] = {Act::round,   Act::round,     Act::round,    Act::round,   Act::round,
                         Act::accept,  Act::accept,    Act::accept,   Act::accept,  Act::refuse,
                         Act::refuse,  Act::receipt,   Act::receipt,  Act::receipt, Act::receipt,
                         Act::receipt, Act::loseTaken, Act::loseFree, Act::stop,    Act::hold,
                         Act::release, Act::release,   Act::pause,    Act::resume,  Act::resume,
                         Act::resend,  Act::giveUp,    Act::restart,  Act::settle,  Act::wait,
                         Act::wait};

struct Step {
  Act act;
  std::uint32_t a = 0, b = 0;  // what it is about, whatever there is then
};

std::string text(const std::vector<Step>& steps) {
  static const char* const names[] = {
      "round", "accept", "refuse", "loseTaken", "loseFree", "receipt", "stop",   "hold", "release",
      "pause", "resume", "cancel", "resend",    "giveUp",   "restart", "settle", "wait"};
  std::ostringstream out;
  for (const Step& step : steps)
    out << names[static_cast<int>(step.act)] << ' ' << step.a << ' ' << step.b << '\n';
  return out.str();
}

std::vector<Step> randomLife(std::mt19937& random, int length) {
  std::vector<Step> steps;
  for (int i = 0; i < length; ++i) {
    Act act = kActs[random() % std::size(kActs)];
    if (random() % 200 == 0) act = Act::cancel;
    if (act == Act::stop && random() % 3 != 0) act = Act::receipt;
    steps.push_back({act, static_cast<std::uint32_t>(random() % 1'000),
                     static_cast<std::uint32_t>(random() % 1'000)});
  }
  return steps;
}

// What does not reach the service though the model counts on it: failures on purpose, to test the
// search for them.
struct Planted {
  bool losesHolds = false, losesStops = false;
};

// One life; fails with a sentence.
class Life : MessageFixture {
 public:
  explicit Life(db::Engine engine, Planted planted = {})
      : MessageFixture(engine, kCustomers), planted_(planted) {}

  std::optional<std::string> run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      clock.advance(Millis(50));
      take(step);
      if (broken_.empty()) check();
      if (!broken_.empty()) return broken_;
    }
    endAll();
    return broken_.empty() ? std::nullopt : std::optional(broken_);
  }

 private:
  struct Sent {  // what really became of an attempt
    bool taken = false, failed = false;
  };

  void fail(const std::string& what) {
    if (broken_.empty()) broken_ = what;
  }

  void take(const Step& step) {
    switch (step.act) {
      case Act::round: return round(step);
      case Act::accept: return answerOne(step, [&](AttemptRef one) { return taken(one, true); });
      case Act::loseTaken:
        return answerOne(step, [&](AttemptRef one) { return taken(one, false); });
      case Act::loseFree:
        return answerOne(
            step, [](AttemptRef) -> channels::SendOutcome { return channels::Unknown{"reset"}; });
      case Act::refuse:
        return answerOne(step, [&](AttemptRef one) { return refused(one, step.b); });
      case Act::receipt: return receipt(step);
      case Act::stop: return stop(1 + step.a % kCustomers);
      case Act::hold: return hold(step);
      case Act::release: return release(step);
      case Act::pause: return campaign("running", "paused");
      case Act::resume: return campaign("paused", "running");
      case Act::cancel: return cancel();
      case Act::resend:
      case Act::giveUp: return decide(step.act == Act::resend, step.b % 2 == 0);
      case Act::restart: return restart(step);
      case Act::settle: return settle(false);
      case Act::wait: clock.advance(Millis(step.a % 3 == 0 ? 3'700'000 : 20'000)); return;
    }
  }

  std::vector<Lane> lanes() {
    return database->read([&](db::Connection& c) { return openLanes(c, clock.now()); });
  }

  // Something may happen between the look at the lanes and the claim, and on PostgreSQL also
  // between the claim and the request.
  void round(const Step& step) {
    const auto open = lanes();
    if (open.empty()) return;
    if (waits()) fail("a lane is open though its scope is held or paused");
    switch (step.b % 12) {
      case 0: stop(1 + step.a % kCustomers); break;
      case 1: hold({Act::hold, step.a, step.a}); break;
      case 2: campaign("running", "paused"); break;
      case 3: receipt(step); break;
      case 4: clock.advance(Millis(31'000)), settle(false); break;
      default: break;
    }
    const bool concurrent = database->engine() == db::Engine::postgresql;
    for (const AttemptRef& attempt : begin(1 + static_cast<int>(step.a % 3), [&] {
           if (concurrent && step.b % 12 == 5) hold({Act::hold, step.a, step.a});
           if (concurrent && step.b % 12 == 6) campaign("running", "paused");
         })) {
      if (stopped_.contains(attempt.message.value)) fail("sent after the STOP's commit");
      if (waits()) fail("sent though its scope is held or paused");
      if (!sent_.emplace(attempt, Sent{}).second) fail("the same attempt began twice");
      inFlight_.push_back(attempt);
    }
  }

  template <class F>
  void answerOne(const Step& step, F&& outcome) {
    if (inFlight_.empty()) return;
    const auto at = inFlight_.begin() + step.a % inFlight_.size();
    const AttemptRef attempt = *at;
    inFlight_.erase(at);
    answer(attempt, outcome(attempt));
    if (optOut_) stopped_.insert(attempt.message.value);
    optOut_ = false;
  }

  std::string wamid(AttemptRef attempt) {
    return "wamid." + std::to_string(attempt.message.value) + "." + std::to_string(attempt.number);
  }

  channels::SendOutcome taken(AttemptRef attempt, bool told) {
    sent_[attempt].taken = true;
    int alive = 0;
    for (const auto& [one, what] : sent_)
      if (one.message == attempt.message && what.taken && !what.failed) ++alive;
    if (alive > 1 + resent_[attempt.message.value])
      fail("message " + std::to_string(attempt.message.value) + " was sent twice");
    const bool fails = (attempt.message.value + attempt.number + toMs(clock.now()) / 50) % 5 == 0;
    receipts_.push_back(event(attempt, Status::sent, 0));
    if (fails) {
      static constexpr int codes[] = {131016, 131026, 131049, 130472, 131050, 132015, 131042, 777};
      const auto which = static_cast<std::size_t>(toMs(clock.now()) / 50) % std::size(codes);
      receipts_.push_back(event(attempt, Status::failed, codes[which]));
    } else {
      receipts_.push_back(event(attempt, Status::delivered, 0));
      receipts_.push_back(event(attempt, Status::read, 0));
    }
    if (told) return channels::Accepted{wamid(attempt), "", "", false};
    return channels::Unknown{"reset"};
  }

  channels::SendOutcome refused(AttemptRef, std::uint32_t which) {
    static constexpr int codes[] = {131016, 131016, 131026, 130429, 131056, 132000, 131050,
                                    190,    132015, 368,    131048, 777,    80007,  2};
    const int code = codes[which % std::size(codes)];
    const channels::ErrorInfo& info = channel.errorInfo(code);
    optOut_ = info.reaction == channels::Reaction::optOut;
    if (!info.temporary) return channels::Refused{code, info.reaction, "no"};
    const Millis asked(which % 5 == 0 ? 3'000 : 0);
    return channels::TryLater{info.after, code, info.reaction, info.maxTries, "later", asked};
  }

  channels::StatusEvent event(AttemptRef attempt, Status status, int code) {
    channels::StatusEvent event;
    event.status = status;
    event.opaque = tokens_.make(attempt);
    event.providerMessageId = wamid(attempt);
    event.at = clock.now() + Millis(static_cast<int>(status));
    event.errorCode = code;
    return event;
  }

  void receipt(const Step& step) {
    if (receipts_.empty()) return;
    const auto at = receipts_.begin() + step.a % receipts_.size();
    const channels::StatusEvent event = *at;
    if (step.b % 3 != 0) receipts_.erase(at);  // else it comes once more
    deliver(event);
  }

  void deliver(const channels::StatusEvent& event) {
    const AttemptRef attempt = *tokens_.open(event.opaque);
    if (event.status == Status::failed) sent_[attempt].failed = true;
    if (event.status == Status::delivered || event.status == Status::read) {
      Status& best = best_.try_emplace(attempt.message.value, Status::delivered).first->second;
      if (event.status == Status::read) best = Status::read;
    }
    database->write([&](db::Transaction& tx) {
      for (const auto& [customer, at] : applier_.apply(tx, {event}, clock.now()).optedOut)
        optOut.apply(tx, customer, "whatsapp", {"provider_error", "whatsapp", "x"}, at,
                     clock.now());
    });
    if (event.errorCode == 131050) stopped_.insert(attempt.message.value);
  }

  void stop(std::int64_t customer) {
    stopped_.insert(customer);
    if (planted_.losesStops) return;
    database->write([&](db::Transaction& tx) {
      optOut.apply(tx, {customer}, "whatsapp", {"inbound_message", "whatsapp", "STOP"}, clock.now(),
                   clock.now());
    });
  }

  static constexpr const char* kScopes[][2] = {
      {"everything", ""}, {"channel", "whatsapp"}, {"sender", "1"}, {"campaign", "1"}};
  void hold(const Step& step) {
    const auto& scope = kScopes[step.a % std::size(kScopes)];
    held_.insert(scope[0]);
    if (planted_.losesHolds) return;
    database->write([&](db::Transaction& tx) {
      HoldRepository(tx).hold({scope[0], scope[1], "stop", "token:1", clock.now(), std::nullopt});
    });
  }
  void release(const Step& step) {
    const auto& scope = kScopes[step.a % std::size(kScopes)];
    database->write([&](db::Transaction& tx) { HoldRepository(tx).release(scope[0], scope[1]); });
    held_.erase(scope[0]);
  }
  bool waits() { return !held_.empty() || campaignState() != "running"; }

  std::string campaignState() {
    return MessageFixture::text("SELECT state FROM campaigns WHERE id = $1", 1);
  }
  void campaign(const std::string& from, const std::string& to) {
    database->write([&](db::Transaction& tx) {
      tx.run("UPDATE campaigns SET state = $1 WHERE state = $2", to, from);
      tx.run("DELETE FROM campaign_guards");
    });
  }
  void cancel() {
    database->write([&](db::Transaction& tx) {
      tx.run("UPDATE campaigns SET state = 'cancelled'");
      Queue queue(tx, clock.now());
      for (const MessageState from : {MessageState::queued, MessageState::held}) {
        std::vector<MessageId> ids;
        for (auto& [id] :
             tx.query<MessageId>("SELECT id FROM messages WHERE state = $1", name(from)))
          ids.push_back(id);
        if (!ids.empty()) queue.skip(ids, from, "cancelled");
      }
      queue.finish();
    });
  }

  void decide(bool resend, bool all) {
    UnknownFilter filter;
    filter.triedBefore = clock.now();
    filter.probablyNeverSent = !all;
    const auto attempts = database->read([&](db::Connection& c) {
      return MessageRepository(c).unknownAttempts(filter, {}, 3, clock.now(), kPatience);
    });
    if (attempts.empty()) return;
    onQueue([&](Queue& queue) { return resend ? queue.resend(attempts) : queue.giveUp(attempts); });
    if (resend)
      for (const AttemptRef& attempt : attempts) ++resent_[attempt.message.value];
  }

  // The answers that were on their way are lost; some of the requests had arrived.
  void restart(const Step& step) {
    for (const AttemptRef& attempt : std::exchange(inFlight_, {}))
      if ((static_cast<std::uint32_t>(attempt.message.value) + step.a) % 2 == 0)
        taken(attempt, false);
    database.reopen();
    settle(true);
  }
  void settle(bool alone) {
    onQueue([&](Queue& queue) { return queue.recover(alone); });
  }

  void check() {
    if (!countersAreTrue()) fail("the counters differ from the table");
    for (const auto& [message, best] : best_) {
      const std::string now = state(message);
      if (now != "read" && (best == Status::read || now != "delivered"))
        fail("message " + std::to_string(message) + " arrived and is " + now);
    }
  }

  // All trouble ends: then every message ends too.
  void endAll() {
    if (campaignState() == "paused") campaign("paused", "running");
    database->write([](db::Transaction& tx) { tx.run("DELETE FROM holds"); });
    held_.clear();
    for (int i = 0; i < 200 && broken_.empty(); ++i) {
      clock.advance(Millis(3'600'000));
      if (campaignState() == "paused") campaign("paused", "running");  // it paused itself
      database->write([](db::Transaction& tx) { tx.run("DELETE FROM holds"); });
      settle(false);
      round({Act::round, 2, 11});
      while (!inFlight_.empty() && broken_.empty()) take({Act::accept, 0, 0});
      while (!receipts_.empty() && broken_.empty()) {
        const channels::StatusEvent event = receipts_.front();
        receipts_.pop_front();
        deliver(event);
      }
      decide(false, true);
      check();
      if (unfinished() == 0) return;
    }
    if (broken_.empty()) fail(std::to_string(unfinished()) + " messages never end");
  }
  std::int64_t unfinished() {
    return database->read([](db::Connection& c) {
      return *c.scalar<std::int64_t>(
          "SELECT count(*) FROM messages WHERE state NOT IN "
          "('accepted', 'sent', 'failed', 'delivered', 'read', 'skipped')");
    });
  }

  Planted planted_;
  AttemptToken tokens_{keys};
  ReceiptApplier applier_{tokens_, channel, reactions};
  std::map<AttemptRef, Sent> sent_;
  std::vector<AttemptRef> inFlight_;
  std::deque<channels::StatusEvent> receipts_;
  std::map<std::int64_t, int> resent_;
  std::map<std::int64_t, Status> best_;
  std::set<std::int64_t> stopped_;  // customers; each has the message of the same number
  std::set<std::string> held_;
  bool optOut_ = false;
  std::string broken_;
};

// A failure without the numbers in its sentence: the same one may hit another message.
std::string kindOf(std::string failure) {
  std::erase_if(failure, [](char c) { return c >= '0' && c <= '9'; });
  return failure;
}

bool failsAs(const std::string& kind, const std::optional<std::string>& failure) {
  return failure && kindOf(*failure) == kind;
}

std::vector<Step> without(const std::vector<Step>& steps, std::size_t from, std::size_t count) {
  std::vector<Step> shorter(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(from));
  const std::size_t rest = std::min(from + count, steps.size());
  shorter.insert(shorter.end(), steps.begin() + static_cast<std::ptrdiff_t>(rest), steps.end());
  return shorter;
}

// Leaves out ever smaller parts as long as `fails` stays true, and in the end single steps until
// none can go.
std::vector<Step> shrunk(std::vector<Step> steps,
                         const std::function<bool(const std::vector<Step>&)>& fails) {
  int budget = 300;
  for (std::size_t part = std::max<std::size_t>(steps.size() / 2, 1); part > 0;) {
    const std::size_t before = steps.size();
    for (std::size_t from = 0; from < steps.size() && budget > 0; --budget) {
      std::vector<Step> shorter = without(steps, from, part);
      if (fails(shorter))
        steps = std::move(shorter);
      else
        from += part;
    }
    const bool again = part == 1 && steps.size() < before && budget > 0;
    if (!again) part /= 2;
  }
  return steps;
}

// The shortest life found that fails as this one does.
std::vector<Step> shrunk(db::Engine engine, const std::vector<Step>& steps,
                         const std::string& failure, Planted planted = {}) {
  return shrunk(steps, [&, kind = kindOf(failure)](const std::vector<Step>& shorter) {
    return failsAs(kind, Life(engine, planted).run(shorter));
  });
}

std::uint32_t chosenSeed() {
  const char* const given = std::getenv("CLIPCOURIER_MODEL_SEED");
  return given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10))
               : std::random_device()();
}

void liveRandomly(db::Engine engine, int lives, int length) {
  const std::uint32_t seed = chosenSeed();
  std::cout << "CLIPCOURIER_MODEL_SEED=" << seed << std::endl;
  std::mt19937 random(seed);
  for (int life = 0; life < lives; ++life) {
    const std::vector<Step> steps = randomLife(random, length);
    const auto broken = Life(engine).run(steps);
    INFO("CLIPCOURIER_MODEL_SEED=" << seed << ", life " << life);
    if (!broken) continue;
    FAIL(*broken << "; the shortest life that fails like this:\n"
                 << text(shrunk(engine, steps, *broken)));
  }
  SUCCEED(lives * length << " steps of seed " << seed);
}

}  // namespace

TEST_CASE("a planted defect is found and shrunk to the steps that show it", "[messages][model]") {
  constexpr db::Engine engine = db::Engine::sqlite;
  const Planted planted{true, false};
  std::mt19937 random(1);
  std::vector<Step> steps;
  std::optional<std::string> failure;
  for (int life = 0; life < 20 && !failure; ++life) {
    steps = randomLife(random, 60);
    failure = Life(engine, planted).run(steps);
  }
  REQUIRE(failure);
  const std::string kind = kindOf(*failure);
  CHECK(kind.find("though its scope is held") != std::string::npos);
  const std::vector<Step> shortest = shrunk(engine, steps, *failure, planted);
  INFO(text(shortest));
  CHECK(shortest.size() <= 2);  // a hold, and a round that should not have begun
  CHECK(failsAs(kind, Life(engine, planted).run(shortest)));
  for (std::size_t i = 0; i < shortest.size(); ++i)
    CHECK_FALSE(failsAs(kind, Life(engine, planted).run(without(shortest, i, 1))));
  CHECK_FALSE(Life(engine).run(steps));  // the defect is all that was wrong
}

TEST_CASE("a life is not shrunk to another failure", "[messages][model]") {
  constexpr db::Engine engine = db::Engine::sqlite;
  const Planted planted{true, true};
  const std::vector<Step> steps{{Act::hold, 0, 0}, {Act::round, 0, 11}, {Act::stop, 5, 0}};
  const auto failure = Life(engine, planted).run(steps);
  REQUIRE(failure);
  const auto other = Life(engine, planted).run({steps.back()});  // shorter, and of another kind
  REQUIRE(other);
  REQUIRE(kindOf(*other) != kindOf(*failure));
  CHECK(text(shrunk(engine, steps, *failure, planted)) == "hold 0 0\nround 0 11\n");
}

TEST_CASE("no life of a campaign breaks its promises, on SQLite", "[messages][model]") {
  liveRandomly(db::Engine::sqlite, 20, 150);
}

TEST_CASE("no life of a campaign breaks its promises, on PostgreSQL", "[messages][model]") {
  liveRandomly(db::Engine::postgresql, 3, 100);
}
