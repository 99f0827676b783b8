#pragma once

#include <string>

#include "customers/consent_service.h"
#include "customers/consent_verifier.h"
#include "customers/customer_service.h"
#include "customers/wording_repository.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

namespace clipcourier::customers {

// A database with one wording ("newsletter@1", German and English) and the services that work on
// it.
struct Fixture {
  explicit Fixture(db::Engine engine) : database(engine) {
    wording = addWording("de");
    addWording("en");
  }

  Wording addWording(const std::string& language) {
    Wording w;
    w.name = "newsletter";
    w.language = language;
    w.purpose = "marketing";
    w.channels = {"whatsapp", "email"};
    w.tracking = true;
    w.text = "Ja, ich möchte Clips von Muster GmbH bekommen (" + language + ").";
    return database->write(
        [&](db::Transaction& tx) { return WordingRepository(tx).add(w, clock.now()); });
  }

  CustomerId addCustomer(const std::string& phone) {
    CustomerData data;
    data.name = "Anna Müller";
    data.identities = {{IdentityKind::phone, phone}};
    return customers.create(data, actor).id;
  }

  ConsentFact fact(CustomerId customer, TimePoint at) const {
    ConsentFact f;
    f.customer = customer;
    f.channel = "whatsapp";
    f.purpose = "marketing";
    f.becomes = ConsentState::given;
    f.wording = wording;
    f.proof = {"web_form", "https://muster.example/clips", "form record 17"};
    f.at = at;
    f.actor = actor;
    return f;
  }
  ConsentOutcome give(CustomerId customer, TimePoint at) {
    return database->write(
        [&](db::Transaction& tx) { return consents.give(tx, fact(customer, at)); });
  }
  std::vector<ConsentOutcome> withdraw(CustomerId customer, TimePoint at,
                                       const std::string& channel = "whatsapp",
                                       const std::string& purpose = "marketing") {
    const Withdrawal w{customer, channel, purpose, {"inbound_message", "whatsapp", "STOP"},
                       at,       actor};
    return database->write([&](db::Transaction& tx) { return consents.withdraw(tx, w); });
  }
  // "given", "withdrawn", ... or "" when nothing is known.
  std::string state(CustomerId customer, const std::string& channel = "whatsapp",
                    const std::string& purpose = "marketing") {
    return database->read([&](db::Connection& c) {
      for (const Consent& row : ConsentRepository(c).of({customer}))
        if (row.channel == channel && row.purpose == purpose) return std::string(name(row.state));
      return std::string();
    });
  }
  std::int64_t count(const std::string& table) {
    return database->read([&](db::Connection& c) {
      return *c.scalar<std::int64_t>("SELECT count(*) FROM " + table);
    });
  }
  void run(const std::string& sql) {
    database->write([&](db::Transaction& tx) { tx.run(sql); });
  }
  ConsentReport verify(int pageSize = 3) {
    return ConsentVerifier(*database, keys, pageSize).verify();
  }

  TestDatabase database;
  ManualClock clock;
  crypto::KeyRing keys{Secret("a master key of a test, long enough")};
  Actor actor{"token", "1", ""};
  users::AuditLog audit{clock};
  CustomerService customers{*database, clock, {}, audit};
  ConsentService consents{keys, clock};
  Wording wording;
};

}  // namespace clipcourier::customers
