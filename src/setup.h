#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "net/http_engine.h"
#include "settings.h"
#include "transcoder/process.h"
#include "videos/profiles.h"

// What the settings mean on this machine; used by the service and by the other commands.
namespace clipcourier {

// Makes the folders that are missing, only for our own user: those of an SQLite file, of the stored
// files and of the service key. Throws Error(unavailable) naming the one that cannot be made.
void makeFolders(const Settings& settings);

// Brings the schema up to date, unless the settings forbid it and it is older: then Error(refused).
// Returns the names of what was applied.
std::vector<std::string> prepareSchema(const Settings& settings, db::Database& database,
                                       const Clock& clock);

// Throws Error(invalidInput) for profiles that cannot be read, and for names there are not.
videos::Profiles profilesOf(const Settings& settings);
std::filesystem::path transcoderProgram(const Settings& settings);
// Also makes the cgroup that the settings name ready for workers; throws when it cannot be used.
transcoder::Limits transcoderLimits(const Settings& settings, const videos::Profiles& profiles);
net::HttpEngineOptions engineOptions(const Settings& settings, std::size_t maxConcurrent);

}  // namespace clipcourier
