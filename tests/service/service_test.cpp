#include "service.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "file_columns.h"
#include "http/openapi.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace clipcourier;

namespace {

// A service with all it has in one folder, on ports the system chooses.
Settings settingsIn(const TempFolder& folder) {
  Settings settings;
  settings.database.url = Secret("sqlite:" + folder / "clipcourier.db");
  settings.keyFile = folder / "service.key";
  settings.mediaFolder = folder / "media";
  settings.secretsFolder = folder / "secrets";
  settings.http.api.port = settings.http.webhooks.port = settings.http.publicPages.port = 0;
  return settings;
}

}  // namespace

TEST_CASE("every route of the service is in its description, and nothing else is", "[service]") {
  const TempFolder folder;
  const Service service(settingsIn(folder));
  CHECK(http::openApiMismatches(service.routes(), http::openApiDocument()) ==
        std::vector<std::string>{});
}

TEST_CASE("a service starts, stops and starts again on the same folder", "[service]") {
  const TempFolder folder;
  for (int round = 0; round < 2; ++round) {
    Service service(settingsIn(folder));
    service.start();
    REQUIRE(service.listeners().size() == 3);
    for (const Service::Listener& listener : service.listeners())
      CHECK(listener.url.rfind("http://127.0.0.1:", 0) == 0);
    service.stop();
    service.stop();
  }
}

TEST_CASE("one SQLite file has one service", "[service]") {
  const TempFolder folder;
  const Service first(settingsIn(folder));
  CHECK_THROWS_AS(Service(settingsIn(folder)), Error);
}

TEST_CASE("a service does not touch an old schema when the settings forbid it", "[service]") {
  const TempFolder folder;
  Settings settings = settingsIn(folder);
  settings.migrateOnStart = false;
  try {
    const Service service(settings);
    FAIL("it started");
  } catch (const Error& error) {
    CHECK(error.code() == "db.schema_older");
    CHECK(error.hint().find("clipcourier migrate") != std::string::npos);
  }
}

TEST_CASE("every column that names a stored file keeps it from the cleaner", "[service]") {
  // These hash something else: the text of an import, wherever that lay.
  const std::set<std::string> others{"imports.file_sha256"};
  const TempFolder folder;
  const Settings settings = settingsIn(folder);
  { const Service service(settings); }
  db::Database database(settings.database);
  std::set<std::string> named;
  for (const auto& [table, column] : fileColumns())
    named.insert(std::string(table) + '.' + std::string(column));
  std::set<std::string> there;
  database.read([&](db::Connection& connection) {
    for (auto& [table, column] : connection.query<std::string, std::string>(
             "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
             "WHERE m.type = 'table' AND c.name LIKE '%sha256'"))
      there.insert(table + '.' + column);
  });
  for (const std::string& other : others) there.erase(other);
  CHECK(there == named);
}
