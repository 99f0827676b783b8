#include "db/statistics.h"

namespace clipcourier::db {

void refreshStatistics(Database& database, const std::string& tables) {
  if (database.engine() == Engine::sqlite) return;
  database.write([&](Transaction& tx) { tx.run("ANALYZE " + tables); });
}

}  // namespace clipcourier::db
