#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <set>

#include "base/byte_size.h"
#include "base/error.h"
#include "commands/commands.h"
#include "commands/opened.h"
#include "db/migrations.h"
#include "db/serve_lock.h"
#include "http/tls.h"
#include "media/folder_store.h"
#include "net/http_engine.h"
#include "senders/sender_check.h"
#include "senders/sender_repository.h"
#include "service_key.h"
#include "setup.h"
#include "transcoder/sandbox_check.h"
#include "transcoder/worker_group.h"

namespace clipcourier::commands {
namespace {

constexpr int kRenewDays = 14;  // ACME clients renew a certificate a month before its end

// Runs one check after the other and prints what came of each.
class Checklist {
 public:
  // `look` returns a few words about what is well, or throws an Error.
  bool look(const std::string& name, const std::function<std::string()>& look) {
    try {
      const std::string found = look();
      std::cout << "ok      " << name << ": " << found << '\n';
      return true;
    } catch (const Error& error) {
      std::cout << "FAILED  " << name << ": " << error.what() << '\n';
      for (const ErrorDetail& detail : error.details())
        std::cout << "          " << detail.where << ": " << detail.what << '\n';
      if (!error.hint().empty()) std::cout << "        → " << error.hint() << '\n';
      ++failed_;
      return false;
    }
  }
  int failed() const { return failed_; }

 private:
  int failed_ = 0;
};

std::string checkTranscoder(const Settings& settings) {
  const auto program = transcoderProgram(settings);
  if (::access(program.c_str(), X_OK) != 0) {
    throw Error(
        ErrorKind::unavailable, "cannot run " + program.string(),
        "Install clipcourier-transcoder beside clipcourier, or name it in transcoder.program.");
  }
  return program.string();
}

std::string checkTranscoderSandbox(const Settings& settings) {
  const auto found = transcoder::checkSandbox(transcoderProgram(settings));
  if (found.switchedOff) return "none, because this program was built with sanitizers";
  if (found.successful.empty())
    return std::to_string(found.attempts) + " attempts to break out were refused";
  std::string all;
  for (const std::string& attempt : found.successful) all += (all.empty() ? "" : ", ") + attempt;
  throw Error(ErrorKind::unavailable, "these attempts to break out succeeded: " + all,
              "The kernel, or the container's own filter, must allow seccomp. No video is looked "
              "at without it.");
}

std::string checkGroups(const Settings& settings) {
  const auto folder = transcoder::groupFolder(settings.transcoder.cgroup);
  if (folder.empty()) return "none; transcoder.cgroup names none";
  std::string limits;
  for (const std::string& each : transcoder::lookAtGroups(folder))
    limits += (limits.empty() ? "" : ", ") + each;
  return folder.string() + " limits " + (limits.empty() ? "nothing, but ends all at once" : limits);
}

std::string checkProfiles(const Settings& settings) {
  const videos::Profiles profiles = profilesOf(settings);
  std::string uploads, others;
  for (const std::string& name : profiles.forUploads())
    uploads += (uploads.empty() ? "" : ", ") + name;
  for (const auto& [name, profile] : profiles.all())
    if (!profiles.isForUploads(name)) others += (others.empty() ? "; on request " : ", ") + name;
  return "every upload gets " + uploads + others;
}

std::string checkCertificate(const http::TlsFiles& files, TimePoint now) {
  const http::CertificateFacts facts = http::lookAtCertificate(files);
  const auto days = std::chrono::floor<std::chrono::days>(facts.until - now).count();
  const std::string told = facts.name + ", until " + toIso(facts.until);
  if (facts.from > now)
    throw Error(ErrorKind::unavailable, "it is not valid yet: " + told, "Set the clock right.");
  if (facts.until <= now)
    throw Error(ErrorKind::unavailable, "it has expired: " + told, "Renew it.");
  if (days < kRenewDays)
    throw Error(ErrorKind::unavailable, "it ends in " + std::to_string(days) + " days: " + told,
                "Renew it, and see why that did not happen by itself.");
  return told + " (" + std::to_string(days) + " days)";
}

void checkCertificates(Checklist& list, const Settings& settings) {
  std::set<std::pair<std::string, std::string>> seen;
  const http::ServerSettings& http = settings.http;
  for (const auto* listener : {&http.api, &http.webhooks, &http.publicPages}) {
    const http::TlsFiles files = http::tlsOf(http, *listener);
    if (!files.given() || !seen.insert({files.certificate, files.key}).second) continue;
    list.look("certificate " + files.certificate,
              [&] { return checkCertificate(files, SystemClock().now()); });
  }
}

std::string checkStore(const Settings& settings) {
  media::FolderStore store(settings.mediaFolder);
  store.createTemp();
  return settings.mediaFolder + " is writable";
}

std::string checkFreeSpace(const Settings& settings) {
  std::error_code failed;
  const auto space = std::filesystem::space(settings.mediaFolder, failed);
  if (failed) throw Error(ErrorKind::unavailable, settings.mediaFolder + ": " + failed.message());
  const ByteSize free{space.available};
  if (free < settings.minFree) {
    throw Error(
        ErrorKind::outOfSpace, "only " + toString(free) + " are free for " + settings.mediaFolder,
        "Free some space, or lower media.min_free_mb (" + toString(settings.minFree) + ").");
  }
  return toString(free);
}

std::string checkDatabase(const Settings& settings, std::unique_ptr<db::Database>& database) {
  makeFolders(settings);
  database = std::make_unique<db::Database>(settings.database);
  try {
    database->read([](db::Connection& connection) { connection.scalar<int>("SELECT 1"); });
  } catch (const Error& error) {
    throw Error(
        error.kind(), error.what(),
        "Look whether the server runs and lets us in: host, port, user, password and name in "
        "database.url.");
  }
  return database->engine() == db::Engine::sqlite ? "SQLite" : "PostgreSQL";
}

// False when the schema is older than the program; that is well when `serve` will bring it up.
bool schemaIsCurrent(const Settings& settings, db::Database& database) {
  try {
    db::requireCurrentSchema(database);
    return true;
  } catch (const Error& error) {
    if (error.code() != "db.schema_older" || !settings.migrateOnStart) throw;
    return false;
  }
}

// Asks each provider whether it knows our number, account and token.
void checkSenders(Checklist& list, const Settings& settings, db::Database& database) {
  constexpr int kMost = 200;
  const auto http = net::makeHttpEngine(engineOptions(settings, 1));
  const senders::SecretSources secrets(settings.secretsFolder);
  senders::SenderCheck check(database, *http, secrets);
  const auto all = database.read([](db::Connection& connection) {
    return senders::SenderRepository(connection).list(SenderId{}, kMost);
  });
  for (const senders::Sender& sender : all) {
    if (sender.state != senders::SenderState::active) continue;
    for (const senders::CheckFinding& finding : check.run(sender)) {
      list.look("sender " + std::to_string(sender.id.value) + " " + finding.code, [&] {
        if (!finding.ok) throw Error(ErrorKind::refused, finding.what, finding.hint);
        return finding.what;
      });
    }
  }
}

// What can be seen only with a database that has our tables.
void checkContents(Checklist& list, const Settings& settings, db::Database& database) {
  bool current = false;
  list.look("schema", [&] {
    current = schemaIsCurrent(settings, database);
    return db::migrations().back().name + (current ? "" : ", which the next start brings it to");
  });
  if (!current) return;
  const SystemClock clock;
  list.look("service key", [&] {
    openServiceKey(settings.keyFile, database, clock);
    return settings.keyFile + " belongs to this database";
  });
  checkSenders(list, settings, database);
}

}  // namespace

int check(const Arguments& arguments) {
  Options options(
      "check",
      "Looks whether everything is in place: settings, programs, database, folders, senders. "
      "Says how\nto fix what is not; exit code 1 when something is not.");
  if (!options.parse(arguments)) return 0;
  Checklist list;
  Settings settings;
  const bool readable = list.look("settings", [&] {
    settings = settingsOf(options);
    return "no mistakes";
  });
  if (!readable) return 1;
  if (list.look("transcoder", [&] { return checkTranscoder(settings); }))
    list.look("sandbox", [&] { return checkTranscoderSandbox(settings); });
  list.look("cgroup", [&] { return checkGroups(settings); });
  list.look("clip profiles", [&] { return checkProfiles(settings); });
  checkCertificates(list, settings);
  std::unique_ptr<db::Database> database;
  if (list.look("database", [&] { return checkDatabase(settings, database); }))
    checkContents(list, settings, *database);
  if (list.look("stored files", [&] { return checkStore(settings); }))
    list.look("free space", [&] { return checkFreeSpace(settings); });
  std::cout << (list.failed() ? "Not ready.\n" : "Ready.\n");
  return list.failed() ? 1 : 0;
}

}  // namespace clipcourier::commands
