#include "db/migrations.h"

#include "base/error.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

using namespace clipcourier;

namespace {

int tables(db::Database& database, const std::string& name) {
  return database.read([&](db::Connection& c) {
    return *c.scalar<int>(
        c.pick("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
               "SELECT count(*) FROM information_schema.tables WHERE table_name = $1"),
        name);
  });
}

}  // namespace

TEST_CASE("the numbers of the migrations have no gaps", "[db]") {
  int expected = 1;
  for (const db::Migration& migration : db::migrations()) CHECK(migration.number == expected++);
}

TEST_CASE("an empty database gets the whole schema once", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql), false);
  CHECK_THROWS_AS(db::requireCurrentSchema(*database), Error);
  CHECK(db::migrate(*database, ManualClock()).size() == db::migrations().size());
  CHECK(db::migrate(*database, ManualClock()).empty());
  db::requireCurrentSchema(*database);
  CHECK(tables(*database, "messages") == 1);
}

TEST_CASE("a migration that fails leaves nothing of itself", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql), false);
  const std::vector<db::Migration> broken{
      {1, "0001_good", "CREATE TABLE good (n INTEGER)"},
      {2, "0002_bad", "CREATE TABLE bad (n INTEGER); NONSENSE"}};
  CHECK_THROWS_AS(db::migrate(*database, ManualClock(), broken), Error);
  CHECK(tables(*database, "good") == 1);
  CHECK(tables(*database, "bad") == 0);
}

TEST_CASE("a database of a newer program is left alone", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  database->write([](db::Transaction& tx) {
    tx.run("INSERT INTO schema_migrations VALUES (9999, '9999_future', 0)");
  });
  try {
    db::migrate(*database, ManualClock());
    FAIL("must be refused");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::refused);
    CHECK(e.code() == "db.schema_newer");
  }
}

TEST_CASE("statements are cut at semicolons that end them", "[db]") {
  CHECK(db::splitStatements("A 'x;y'; -- no; not here\nB \";\" ;\n ; ") ==
        std::vector<std::string>{"A 'x;y'", "B \";\""});
}
