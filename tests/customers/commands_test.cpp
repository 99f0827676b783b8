#include "customers/commands.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "customers/fixture.h"
#include "support/catch.h"
#include "support/skip.h"

using namespace clipcourier;
using namespace clipcourier::customers;

namespace {

// Fills the wordings that the sample customers agreed to.
void addSampleWordings(Fixture& f) {
  std::ifstream file("samples/consent-wordings.json");
  for (const auto& json : nlohmann::json::parse(file)) {
    Wording w;
    w.name = json["name"];
    w.language = json["language"];
    w.purpose = json["purpose"];
    w.channels = json["channels"].get<std::vector<std::string>>();
    w.tracking = json["tracking"];
    w.text = json["text"];
    f.database->write([&](db::Transaction& tx) { WordingRepository(tx).add(w, f.clock.now()); });
  }
}

}  // namespace

TEST_CASE("the command prints what was wrong, the counts, and says so in its exit code",
          "[customers]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const ImportService imports(*f.database, f.consents, f.clock);
  TempFolder folder;
  const std::string path = folder / "k.csv";
  std::ofstream(path) << "phone\n0170 1000001\nbad\n";
  std::ostringstream out;
  CHECK(runImport(*f.database, imports, f.audit, {path, false, "de"}, out) == 2);
  CHECK(out.str().find("line 3, column phone: phone.invalid: Das ist keine gültige") == 0);
  CHECK(out.str().find("created         1\n") != std::string::npos);
  CHECK(f.count("audit_log") == 1);
  CHECK(runConsentVerify(*f.database, f.keys, out) == 0);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("the sample customers import as their page says", "[customers]") {
  if (!std::filesystem::exists("samples/customers.csv")) {
    skipTest("samples/customers.csv is not there");
    return;
  }
  Fixture f(GENERATE(values(kBothEngines)));
  f.clock.advance(Millis(toMs(SystemClock().now()) - toMs(f.clock.now())));
  addSampleWordings(f);
  const ImportService imports(*f.database, f.consents, f.clock);
  std::ostringstream out;
  runImport(*f.database, imports, f.audit, {"samples/customers.csv", false, "de"}, out);
  const Import first = imports.get({1});
  INFO(out.str());
  CHECK(first.state == ImportState::done);
  CHECK(first.counts.created == 47);
  CHECK(first.counts.consentsGiven == 42);
  CHECK(first.counts.badLines == 6);
  CHECK(first.counts.unproven == 3);
  runImport(*f.database, imports, f.audit, {"samples/customers.csv", false, "de"}, out);
  const Import again = imports.get({2});
  CHECK(again.counts.created == 0);
  CHECK(again.counts.updated == 0);
  CHECK(again.counts.consentsGiven == 0);
  CHECK(again.counts.unchanged == first.counts.created);
  CHECK(f.verify(500).whole());
}
