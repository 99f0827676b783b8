#include "commands/opened.h"

#include "base/error.h"
#include "db/migrations.h"
#include "db/serve_lock.h"
#include "service_key.h"
#include "setup.h"

namespace clipcourier::commands {
namespace {

bool schemaIsCurrent(db::Database& database) {
  try {
    db::requireCurrentSchema(database);
    return true;
  } catch (const Error& error) {
    if (error.code() != "db.schema_older") throw;
    return false;
  }
}

const Settings& withFolders(const Settings& settings) {
  makeFolders(settings);
  return settings;
}

}  // namespace

Settings settingsOf(const Options& options) {
  return readSettings(SettingsSources::of(options.get("config")));
}

Opened::Opened(const Options& options)
    : settings(settingsOf(options)), database(withFolders(settings).database) {
  if (schemaIsCurrent(database)) return;
  // A service of an older version may be at work: its schema is not changed under it.
  const db::ServeLock lock(settings.database);
  prepareSchema(settings, database, clock);
}

crypto::KeyRing Opened::openKeys(const Settings& settings, db::Database& database,
                                 const Clock& clock) {
  return openServiceKey(settings.keyFile, database, clock);
}

}  // namespace clipcourier::commands
