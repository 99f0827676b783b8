#pragma once

#include <cstdint>
#include <string>

#include "db/database.h"

namespace clipcourier::db {

inline constexpr std::int64_t kManyRows = 1'000;  // fewer are not worth it

// Tells PostgreSQL how large tables ("customers, consents") have become; to be called after many
// rows were written at once. Its own daemon comes up to a minute later, and until then a statement
// may be planned as if the tables were empty, and take minutes. SQLite plans without such figures.
// What others have locked is left to that daemon, and so is what fails.
void refreshStatistics(Database& database, const std::string& tables);

}  // namespace clipcourier::db
