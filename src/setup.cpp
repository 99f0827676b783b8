#include "setup.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "db/database_url.h"
#include "db/migrations.h"
#include "transcoder/worker_group.h"

namespace clipcourier {
namespace {

void makeFolder(const std::filesystem::path& folder, const std::string& setting) {
  std::error_code failed;
  if (folder.empty() || !std::filesystem::create_directories(folder, failed)) {
    if (!failed) return;
    throw Error(ErrorKind::unavailable,
                "cannot create the folder " + folder.string() + ": " + failed.message(),
                "Create it for the service's user, or choose another place in " + setting + ".",
                "setup.folder");
  }
  ::chmod(folder.c_str(), 0700);  // customers' data lies here
}

std::filesystem::path parentOf(const std::string& file) {
  return std::filesystem::path(file).parent_path();
}

std::vector<std::string> names(const std::string& list) {
  std::vector<std::string> names;
  for (const std::string& name : text::split(list, ','))
    if (!text::trim(name).empty()) names.push_back(text::trim(name));
  return names;
}

// Those that say so themselves, in the order they name.
std::vector<std::string> automaticProfiles(const videos::Profiles::ByName& all) {
  std::vector<std::string> names;
  for (const auto& [name, profile] : all)
    if (profile.automatic) names.push_back(name);
  std::ranges::stable_sort(names, {}, [&](const std::string& name) { return all.at(name).order; });
  return names;
}

}  // namespace

void makeFolders(const Settings& settings) {
  if (const auto file = db::sqliteFile(settings.database.url))
    makeFolder(parentOf(*file), "database.url");
  makeFolder(parentOf(settings.keyFile), "security.key_file");
  makeFolder(settings.mediaFolder, "media.folder");
  makeFolder(settings.secretsFolder, "senders.secrets_folder");
}

std::vector<std::string> prepareSchema(const Settings& settings, db::Database& database,
                                       const Clock& clock) {
  if (settings.migrateOnStart) return db::migrate(database, clock);
  db::requireCurrentSchema(database);
  return {};
}

videos::Profiles profilesOf(const Settings& settings) {
  const std::string& folder = settings.transcoder.profilesFolder;
  auto all = folder.empty() ? transcoder::builtInProfiles() : transcoder::loadProfiles(folder);
  auto forUploads = settings.transcoder.profiles.empty() ? automaticProfiles(all)
                                                         : names(settings.transcoder.profiles);
  return videos::Profiles(std::move(all), std::move(forUploads));
}

std::filesystem::path transcoderProgram(const Settings& settings) {
  const std::string& program = settings.transcoder.program;
  return program.empty() ? transcoder::Process::besideThisProgram()
                         : std::filesystem::path(program);
}

transcoder::Limits transcoderLimits(const Settings& settings, const videos::Profiles& profiles) {
  const auto seconds = [](Millis time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time);
  };
  transcoder::Limits limits;
  limits.memory = settings.transcoder.memory;
  // A first try may pass its profile's limit before it is made again.
  for (const auto& [name, profile] : profiles.all())
    limits.output = std::max(limits.output, ByteSize{profile.limit.bytes * 2});
  limits.cpu = seconds(settings.transcoder.cpuTime);
  limits.wall = seconds(settings.transcoder.wallTime);
  limits.cgroup = transcoder::groupFolder(settings.transcoder.cgroup);
  limits.cpuWeight = settings.transcoder.cpuWeight;
  if (!limits.cgroup.empty()) transcoder::prepareGroups(limits.cgroup);
  return limits;
}

net::HttpEngineOptions engineOptions(const Settings& settings, std::size_t maxConcurrent) {
  net::HttpEngineOptions options;
  options.maxConcurrent = maxConcurrent;
  options.proxy = settings.outgoing.proxy;
  options.caFile = settings.outgoing.caFile;
  return options;
}

}  // namespace clipcourier
