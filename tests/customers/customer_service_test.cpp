#include "customers/customer_service.h"

#include "base/error.h"
#include "customers/customer_repository.h"
#include "customers/fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::customers;

namespace {

CustomerData anna() {
  CustomerData data;
  data.externalRef = "K-17";
  data.name = "Anna Müller";
  data.locale = "de";
  data.identities = {{IdentityKind::phone, "0170 1234567"},
                     {IdentityKind::email, "Anna@Muster.DE"}};
  data.tags = {"vip", "Neu"};
  data.attributes = {{"city", "Köln"}};
  return data;
}

}  // namespace

TEST_CASE("a customer comes back in its stored form", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const Customer made = f.customers.create(anna(), f.actor);
  const Customer read = f.customers.get(made.id);
  CHECK(read.identities == std::vector<Identity>{{IdentityKind::phone, "+491701234567"},
                                                 {IdentityKind::email, "anna@muster.de"}});
  CHECK(read.tags == std::vector<std::string>{"neu", "vip"});
  CHECK(read.attributes == Attributes{{"city", "Köln"}});
  CHECK(read.externalRef == "K-17");
  CHECK(read.createdAt == f.clock.now());
  CHECK(read.version == 1);
  const auto audited =
      f.database->read([](db::Connection& c) { return users::AuditLog::list(c, 0, 10); });
  REQUIRE(audited.size() == 1);
  CHECK(audited[0].action == "customer.created");
  CHECK(audited[0].objectId == std::to_string(made.id.value));
  CHECK(audited[0].details == "{}");
}

TEST_CASE("a customer is found by address in any spelling, and by WhatsApp id", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId id = f.customers.create(anna(), f.actor).id;
  CHECK(f.customers.findByIdentity(IdentityKind::phone, "+49 (170) 1234567")->id == id);
  CHECK(f.customers.findByIdentity(IdentityKind::whatsapp, "491701234567")->id == id);
  CHECK(f.customers.findByIdentity(IdentityKind::email, "ANNA@muster.de")->id == id);
  CHECK(f.customers.findByRef("K-17")->id == id);
  CHECK_FALSE(f.customers.findByIdentity(IdentityKind::phone, "0170 7654321"));
  CHECK_FALSE(f.customers.findByIdentity(IdentityKind::phone, "nonsense"));
}

TEST_CASE("an edit needs the version it was made from, and changes nothing otherwise",
          "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId id = f.customers.create(anna(), f.actor).id;
  const auto rename = [](CustomerData& d) {
    d.name = "Anna Schmidt";
    d.identities.pop_back();
    d.tags = {"x"};
  };
  CHECK(f.customers.change(id, 1, rename, f.actor).version == 2);
  CHECK_THROWS_AS(f.customers.change(
                      id, 1, [](CustomerData& d) { d.name = "B"; }, f.actor),
                  Error);
  const Customer read = f.customers.get(id);
  CHECK(read.name == "Anna Schmidt");
  CHECK(read.identities.size() == 1);
  CHECK(read.tags == std::vector<std::string>{"x"});
  CHECK(read.version == 2);
  CHECK(f.customers.change(id, 2, rename, f.actor).version == 3);  // drops the phone, keeps the ref
  CHECK(f.customers
            .change(
                id, 3, [](CustomerData&) {}, f.actor)
            .version == 3);
  CHECK_THROWS_AS(f.customers.get({9999}), Error);
}

TEST_CASE("what belongs to other customers is refused with their ids", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId first = f.customers.create(anna(), f.actor).id;
  const CustomerId second = f.addCustomer("0170 7654321");
  CustomerData both;
  both.externalRef = "K-17";
  both.identities = {{IdentityKind::phone, "+491707654321"}};
  try {
    f.customers.create(both, f.actor);
    FAIL("created");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::conflict);
    REQUIRE(e.details().size() == 2);
    CHECK(e.details()[0].where == "external_ref");
    CHECK(e.details()[0].what == "belongs to customer " + std::to_string(first.value));
    CHECK(e.details()[1].where == "identities.phone");
    CHECK(e.details()[1].what == "belongs to customer " + std::to_string(second.value));
  }
  CHECK(f.count("customers") == 2);
  CHECK(f.count("customer_identities") == 3);
}

TEST_CASE("what a provider tells of somebody is learned once, and never of a number that is known",
          "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const CustomerId anna = f.addCustomer("+491701234567"), ben = f.addCustomer("+491701234568");
  const auto learn = [&](std::vector<CustomerRepository::IdentityOwner> told) {
    f.database->write(
        [&](db::Transaction& tx) { CustomerRepository(tx).learn(told, f.clock.now()); });
  };
  const auto known = [&](CustomerId id) { return f.customers.get(id).identities; };
  const Identity phone{IdentityKind::phone, "+491701234567"};
  // Her own number, and somebody else's, as WhatsApp writes them.
  learn({{{IdentityKind::whatsapp, "491701234567"}, anna},
         {{IdentityKind::whatsapp, "491701234568"}, anna}});
  CHECK(known(anna) == std::vector{phone});
  CHECK(known(ben).size() == 1);
  const Identity other{IdentityKind::whatsapp, "4917000"}, user{IdentityKind::bsuid, "DE.1"};
  learn({{other, anna}, {other, ben}, {user, anna}});
  learn({{other, ben}});
  CHECK(known(anna).size() == 3);
  CHECK(known(ben).size() == 1);
  CHECK(f.customers.findByIdentity(other.kind, other.value)->id == anna);
}

TEST_CASE("a list is cut into pages by id, also by tag", "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  std::vector<CustomerId> tagged;
  for (int i = 0; i < 7; ++i) {
    CustomerData data;
    data.externalRef = "r" + std::to_string(i);
    if (i % 2 == 0) data.tags = {"even"};
    const CustomerId id = f.customers.create(data, f.actor).id;
    if (i % 2 == 0) tagged.push_back(id);
  }
  std::vector<CustomerId> found;
  for (CustomerFilter filter{{}, 3, "even"};;) {
    const auto page = f.customers.list(filter);
    for (const Customer& c : page) found.push_back(c.id);
    if (page.size() < 3) break;
    filter.after = page.back().id;
  }
  CHECK(found == tagged);
  CHECK(f.customers.list({{}, 50, std::nullopt}).size() == 7);
}
