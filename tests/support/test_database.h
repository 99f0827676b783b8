#pragma once

#include <memory>
#include <string>

#include "db/database.h"
#include "support/temp_folder.h"

namespace clipcourier {

inline constexpr auto kBothEngines = {db::Engine::sqlite, db::Engine::postgresql};

// A new database with the current schema, on either engine; gone when its owner goes.
//
//   TestDatabase database(GENERATE(values(kBothEngines)));
//   database->write(...)
//
// PostgreSQL is a real server that the first use in a test program starts (support/postgres.sh) and
// the program's end stops; CLIPCOURIER_TEST_POSTGRES, the folder of its socket, names one that
// runs.
class TestDatabase {
 public:
  explicit TestDatabase(db::Engine engine, bool withSchema = true);
  ~TestDatabase();

  db::Database& operator*() { return *database_; }
  db::Database* operator->() { return database_.get(); }
  const db::DatabaseSettings& settings() const { return settings_; }  // to open it once more
  void close() { database_.reset(); }  // before another process takes the file
  void reopen() {                      // as after a restart
    close();
    database_ = std::make_unique<db::Database>(settings_);
  }

 private:
  TempFolder folder_;
  std::string postgresName_;  // of the database, empty on SQLite
  db::DatabaseSettings settings_;
  std::unique_ptr<db::Database> database_;
};

}  // namespace clipcourier
