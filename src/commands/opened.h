#pragma once

#include "base/clock.h"
#include "base/crypto.h"
#include "commands/options.h"
#include "db/database.h"
#include "settings.h"

namespace clipcourier::commands {

Settings settingsOf(const Options& options);

// The database that a command beside `serve` works on.
struct Opened {
  explicit Opened(const Options& options);
  crypto::KeyRing keys() { return openKeys(settings, database, clock); }

  Settings settings;
  SystemClock clock;
  db::Database database;  // with the current schema

 private:
  static crypto::KeyRing openKeys(const Settings& settings, db::Database& database,
                                  const Clock& clock);
};

}  // namespace clipcourier::commands
