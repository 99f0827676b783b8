#include <iostream>

#include "commands/commands.h"
#include "commands/opened.h"
#include "db/migrations.h"
#include "db/serve_lock.h"
#include "service_key.h"
#include "setup.h"

namespace clipcourier::commands {

int migrate(const Arguments& arguments) {
  Options options("migrate",
                  "Makes the database or brings it up to date, and makes the service key.");
  if (!options.parse(arguments)) return 0;
  const Settings settings = settingsOf(options);
  makeFolders(settings);
  const db::ServeLock lock(settings.database);
  db::Database database(settings.database);
  const SystemClock clock;
  const auto applied = db::migrate(database, clock);
  openServiceKey(settings.keyFile, database, clock);
  for (const std::string& name : applied) std::cout << "applied " << name << '\n';
  std::cout << (applied.empty() ? "The database was up to date.\n"
                                : "The database is up to date.\n");
  return 0;
}

}  // namespace clipcourier::commands
