#pragma once

#include <string>

#include "db/database.h"

namespace clipcourier::db {

// Tells PostgreSQL how large tables ("customers, consents") have become; to be called after many
// rows were written at once. Its own daemon comes up to a minute later, and until then a statement
// may be planned as if the tables were empty, and take minutes. SQLite plans without such figures.
void refreshStatistics(Database& database, const std::string& tables);

}  // namespace clipcourier::db
