#include "db/statistics.h"

#include "base/error.h"

namespace clipcourier::db {

void refreshStatistics(Database& database, const std::string& tables) {
  if (database.engine() == Engine::sqlite) return;
  try {
    database.write([&](Transaction& tx) { tx.run("ANALYZE (SKIP_LOCKED) " + tables); });
  } catch (const Error&) {  // nothing is lost but time
  }
}

}  // namespace clipcourier::db
