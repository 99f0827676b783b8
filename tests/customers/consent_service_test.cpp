#include "customers/consent_service.h"

#include <algorithm>
#include <thread>

#include "base/error.h"
#include "customers/fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::customers;
using namespace std::chrono_literals;

TEST_CASE("a consent is given, withdrawn, and given again only by a newer act", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId anna = f.addCustomer("0170 1234567");
  const TimePoint noon = f.clock.now() - 24h;
  const ConsentOutcome given = f.give(anna, noon);
  CHECK(given.now.id.value > 0);
  CHECK(given.now.tracking);
  CHECK(f.state(anna) == "given");
  CHECK(f.give(anna, noon).verdict == Verdict::unchanged);
  const auto gone = f.withdraw(anna, noon + 1h);
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].now.id == given.now.id);
  CHECK(f.state(anna) == "withdrawn");
  try {
    f.give(anna, noon + 30min);
    FAIL("revived");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::conflict);
    CHECK(e.code() == "consent.withdrawn");
  }
  CHECK(f.state(anna) == "withdrawn");
  CHECK(f.give(anna, noon + 2h).now.id == given.now.id);
  CHECK(f.state(anna) == "given");
  CHECK(f.withdraw(anna, noon + 90min)[0].now.state == ConsentState::given);  // a late report
  CHECK(f.count("consent_ledger") == 4);
  CHECK(f.verify().whole());
}

TEST_CASE("a consent without its proof is refused with what is missing", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId anna = f.addCustomer("0170 1234567");
  const auto missing = [&](auto&& spoil) {
    ConsentFact fact = f.fact(anna, f.clock.now());
    spoil(fact);
    try {
      f.database->write([&](db::Transaction& tx) { f.consents.give(tx, fact); });
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::invalidInput);
      return e.details().empty() ? std::string("?") : e.details()[0].where;
    }
    return std::string("accepted");
  };
  CHECK(missing([](ConsentFact& x) { x.wording.reset(); }) == "wording");
  CHECK(missing([](ConsentFact& x) { x.channel = "sms"; }) == "wording");
  CHECK(missing([](ConsentFact& x) { x.purpose = "survey"; }) == "wording");
  CHECK(missing([](ConsentFact& x) { x.proof.evidence.clear(); }) == "evidence");
  CHECK(missing([](ConsentFact& x) { x.proof.method.clear(); }) == "method");
  CHECK(missing([](ConsentFact& x) { x.at += 1h; }) == "at");
  CHECK(f.count("consent_ledger") == 0);
  CHECK(f.state(anna).empty());
}

TEST_CASE("a withdrawal of everything covers what was given and what is to come", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId anna = f.addCustomer("0170 1234567"), ben = f.addCustomer("0170 7654321");
  const TimePoint noon = f.clock.now() - 24h;
  f.give(anna, noon);
  f.give(ben, noon);
  CHECK(f.withdraw(anna, noon + 1h, "whatsapp", "*").size() == 2);
  CHECK(f.state(anna) == "withdrawn");
  CHECK(f.state(ben) == "given");
  ConsentFact mail = f.fact(anna, noon + 2h);
  mail.channel = "email";
  const auto imported = [&](ConsentFact fact) {
    return f.database->write(
        [&](db::Transaction& tx) { return f.consents.recordImported(tx, {fact})[0].verdict; });
  };
  CHECK(imported(mail) == Verdict::record);  // another channel
  f.withdraw(anna, noon + 3h, "*", "*");
  CHECK(f.state(anna, "email") == "withdrawn");
  CHECK(f.state(anna, "*", "*") == "withdrawn");
  CHECK(imported(mail) == Verdict::keptWithdrawn);
  mail.at = noon + 4h;
  CHECK(imported(mail) == Verdict::keptWithdrawn);
  f.database->write([&](db::Transaction& tx) { f.consents.give(tx, mail); });
  CHECK(f.state(anna, "email") == "given");
  CHECK(f.state(anna) == "withdrawn");
  CHECK(f.verify().whole());
}

TEST_CASE("a withdrawal is undone with the transaction it is part of", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId anna = f.addCustomer("0170 1234567");
  f.give(anna, f.clock.now() - 1h);
  CHECK_THROWS(f.database->write([&](db::Transaction& tx) {
    f.consents.withdraw(tx, {anna, "whatsapp", "*", {}, f.clock.now(), f.actor});
    throw Error(ErrorKind::internal, "the rest failed");
  }));
  CHECK(f.state(anna) == "given");
  CHECK(f.count("consent_ledger") == 1);
  CHECK(f.verify().whole());
}

TEST_CASE("the chain has one order however many write at once", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  constexpr int kThreads = 6, kEach = 25;
  std::vector<CustomerId> customers;
  for (int i = 0; i < kThreads; ++i)
    customers.push_back(f.addCustomer("+49170123456" + std::to_string(i)));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      const TimePoint start = f.clock.now() - 24h;
      for (int i = 0; i < kEach; ++i) {
        const auto customer = customers[static_cast<std::size_t>((t + i) % kThreads)];
        const TimePoint at = start + std::chrono::minutes(i);
        if (i % 2 == 1) {
          f.withdraw(customer, at);
          continue;
        }
        try {
          f.give(customer, at);
        } catch (const Error& e) {  // another thread's withdrawal is newer
          if (e.code() != "consent.withdrawn") std::terminate();
        }
      }
    });
  for (auto& thread : threads) thread.join();
  const ConsentReport report = f.verify(17);
  CHECK(report.faults.empty());
  CHECK(report.entries == f.count("consent_ledger"));
  CHECK(report.entries > kThreads);
}

namespace {

// What should be true, in the plainest terms: the newest act counts, an import adds but never
// revives.
struct Model {
  enum class Known { nothing, given, withdrawn } known = Known::nothing;
  std::int64_t at = 0;
};

}  // namespace

TEST_CASE("any sequence of acts and imports ends in what a plain model says", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const TimePoint start = f.clock.now() - 1000h;
  std::uint32_t random = 7;
  const auto pick = [&](std::uint32_t n) {
    random = random * 1664525 + 1013904223;
    return (random >> 16) % n;
  };
  for (int round = 0; round < 25; ++round) {
    const CustomerId customer = f.addCustomer("+4917012345" + std::to_string(10 + round));
    Model model;
    for (int i = 0; i < 12; ++i) {
      const std::int64_t hour = pick(20) + 1;
      const TimePoint at = start + std::chrono::hours(hour);
      const auto what = pick(3);
      const bool gone = model.known == Model::Known::withdrawn;
      if (what == 0) {
        f.withdraw(customer, at);
        if (hour >= model.at) model = {Model::Known::withdrawn, hour};
      } else if (what == 1) {
        const bool allowed = !gone || hour > model.at;
        if (allowed) {
          f.give(customer, at);
        } else {
          CHECK_THROWS_AS(f.give(customer, at), Error);
        }
        if (allowed && hour >= model.at) model = {Model::Known::given, hour};
      } else {
        ConsentFact fact = f.fact(customer, at);
        fact.proof.method = "import";
        const auto verdict = f.database->write(
            [&](db::Transaction& tx) { return f.consents.recordImported(tx, {fact})[0].verdict; });
        CHECK((verdict == Verdict::keptWithdrawn) == gone);
        if (!gone && hour >= model.at) model = {Model::Known::given, hour};
      }
      CHECK(f.state(customer) == (model.known == Model::Known::nothing ? ""
                                  : model.known == Model::Known::given ? "given"
                                                                       : "withdrawn"));
    }
  }
  CHECK(f.verify(50).whole());
}
