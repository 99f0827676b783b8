#pragma once

#include <vector>

#include "base/clock.h"
#include "db/database.h"

namespace clipcourier::db {

struct Migration {
  int number;
  std::string name;  // "0001_foundation"
  std::string sql;
};

// The migrations compiled into this program, by rising number without gaps.
const std::vector<Migration>& migrations();

// Brings the schema up to `target`. Each migration commits together with its number, so a crash
// leaves a schema some program version knows. Returns the names that were applied. Throws
// Error(refused) when the database is newer than the program.
std::vector<std::string> migrate(Database& database, const Clock& clock,
                                 const std::vector<Migration>& target = migrations());

// Throws Error(refused), saying what to do, unless the schema is exactly this program's.
void requireCurrentSchema(Database& database);

// Cuts a script at the semicolons that end statements; those in quotes and comments do not count.
std::vector<std::string> splitStatements(std::string_view script);

}  // namespace clipcourier::db
