#include "customers/consent_verifier.h"

#include "customers/fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::customers;
using namespace std::chrono_literals;

namespace {

// Ten customers: all gave, every third withdrew. 14 entries, 10 rows.
void fill(Fixture& f) {
  const TimePoint start = f.clock.now() - 24h;
  for (int i = 0; i < 10; ++i) {
    const CustomerId id = f.addCustomer("+49170123450" + std::to_string(i));
    f.give(id, start);
    if (i % 3 == 0) f.withdraw(id, start + 1h);
  }
}

}  // namespace

TEST_CASE("an untouched ledger is whole", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  CHECK(f.verify().whole());
  fill(f);
  const ConsentReport report = f.verify(GENERATE(1, 5, 1000));
  CHECK(toText(report).find("whole up to entry 14 ") != std::string::npos);
  CHECK(report.entries == 14);
  CHECK(report.consents == 10);
}

TEST_CASE("every way to change the ledger past the program is found", "[customers]") {
  const struct {
    const char* sql;
    const char* found;
  } tampers[] = {
      {"UPDATE consent_ledger SET payload = replace(payload, 'given', 'Given') WHERE seq = 5",
       "broken: ledger entry 5: its payload was changed"},
      {"UPDATE consent_ledger SET salt = '00' WHERE seq = 5",
       "broken: ledger entry 5: its payload was changed"},
      {"UPDATE consent_ledger SET payload_hash = chain, payload = NULL, salt = NULL WHERE seq = 5",
       "broken: ledger entry 5: it does not continue the entry before it"},
      {"UPDATE consent_ledger SET payload = NULL WHERE seq = 5",
       "broken: ledger entry 5: only one of its payload and its salt is there"},
      {"UPDATE consent_ledger SET customer_id = customer_id + 1 WHERE seq = 5",
       "broken: ledger entry 5: it was moved to another customer"},
      {"DELETE FROM consent_ledger WHERE seq = 5",
       "broken: ledger entry 6: entry 5 is missing before it"},
      {"DELETE FROM consent_ledger WHERE seq = 14", "broken: ledger entry 14: the ledger ends"},
      {"DELETE FROM consent_ledger", "broken: ledger entry 1: the ledger ends before this entry"},
      {"UPDATE consent_ledger SET chain = (SELECT chain FROM consent_ledger WHERE seq = 4) "
       "WHERE seq = 5",
       "broken: ledger entry 5: it does not continue"},
      {"UPDATE consent_ledger_head SET seq = 13, chain = (SELECT chain FROM consent_ledger WHERE "
       "seq = 13)",
       "the seal of the ledger's end does not fit"},
      {"UPDATE consent_ledger_head SET seq = 0, chain = '', mac = ''",
       "there are entries behind the ledger's end"},
      {"UPDATE consents SET state = 'given' WHERE state = 'withdrawn' AND id = (SELECT min(id) "
       "FROM "
       "consents)",
       "it says given by entry 2, the ledger says withdrawn by entry 2"},
      {"UPDATE consents SET changed_at_ms = changed_at_ms + 1 WHERE id = (SELECT min(id) FROM "
       "consents)",
       "broken: consent "},
      {"UPDATE consents SET tracking = 0", "broken: consent "},
      {"UPDATE consents SET purpose = 'other' WHERE ledger_seq = 2",
       "the ledger has no entry for it"},
      {"DELETE FROM consents WHERE ledger_seq = 3",
       "broken: ledger entry 3: its current-state row is missing"},
  };
  const auto engine = GENERATE(values(kBothEngines));
  const auto& tamper = tampers[GENERATE(range(0, 16))];
  CAPTURE(tamper.sql);
  Fixture f(engine);
  fill(f);
  f.run(tamper.sql);
  const std::string text = toText(f.verify());
  CAPTURE(text);
  CHECK(text.find(tamper.found) != std::string::npos);
  CHECK(text.find("Stop sending") != std::string::npos);
}

TEST_CASE("two entries that changed places are found", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  fill(f);
  f.run("UPDATE consent_ledger SET seq = 100 WHERE seq = 5");
  f.run("UPDATE consent_ledger SET seq = 5 WHERE seq = 6");
  f.run("UPDATE consent_ledger SET seq = 6 WHERE seq = 100");
  const ConsentReport report = f.verify();
  REQUIRE_FALSE(report.whole());
  CHECK(report.faults[0].seq == 5);
}

TEST_CASE("a ledger made with another key is not taken for ours", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  fill(f);
  const crypto::KeyRing other{Secret("another master key of a test, as long")};
  CHECK_FALSE(ConsentVerifier(*f.database, other).verify().whole());
}

TEST_CASE("an erased customer leaves the chain whole, and their withdrawal in force",
          "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  fill(f);
  const CustomerId gone = f.customers.findByIdentity(IdentityKind::phone, "+491701234500")->id;
  const CustomerId gave = f.customers.findByIdentity(IdentityKind::phone, "+491701234501")->id;
  f.database->write([&](db::Transaction& tx) {
    ConsentRepository repository(tx);
    repository.lockHead();
    repository.erase(gone);
    repository.erase(gave);
  });
  const ConsentReport report = f.verify();
  CHECK(toText(report).find("broken") == std::string::npos);
  CHECK(report.erased == 3);
  CHECK(f.state(gone) == "withdrawn");
  CHECK(f.state(gave).empty());
  // A consent that nothing proves any more is found.
  f.run("UPDATE consents SET state = 'given' WHERE customer_id = " + std::to_string(gone.value));
  CHECK_FALSE(f.verify().whole());
}
