#include "setup.h"

#include <sys/stat.h>

#include "base/error.h"
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

}  // namespace

void makeFolders(const Settings& settings) {
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string& url = settings.database.url.reveal();
  if (url.rfind(kSqlite, 0) == 0) makeFolder(parentOf(url.substr(kSqlite.size())), "database.url");
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

std::map<std::string, transcoder::Profile> profilesOf(const Settings& settings) {
  const std::string& folder = settings.transcoder.profilesFolder;
  auto profiles = folder.empty() ? transcoder::builtInProfiles() : transcoder::loadProfiles(folder);
  std::erase_if(profiles, [](const auto& each) { return !each.second.automatic; });
  return profiles;
}

std::filesystem::path transcoderProgram(const Settings& settings) {
  const std::string& program = settings.transcoder.program;
  return program.empty() ? transcoder::Process::besideThisProgram()
                         : std::filesystem::path(program);
}

transcoder::Limits transcoderLimits(const Settings& settings) {
  const auto seconds = [](Millis time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time);
  };
  transcoder::Limits limits;
  limits.memory = settings.transcoder.memory;
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
