#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/clock.h"
#include "db/database.h"
#include "http/settings.h"
#include "http/watch_endpoints.h"
#include "senders/allowed_hosts.h"

namespace clipcourier {

// Everything that can be set, with its defaults. Modules define what is theirs; units stand in the
// names of the keys (media.max_upload_mb), not in the types.
struct Settings {
  db::DatabaseSettings database;
  bool migrateOnStart = true;
  std::string keyFile = "var/service.key";

  std::string mediaFolder = "var/media";
  ByteSize maxUpload = 4295_MB;
  ByteSize minFree = 1000_MB;
  std::chrono::hours cleanAfter{24};  // how long a file stays that nothing refers to
  std::chrono::hours uploadLife{48};  // how long an upload may rest

  struct Transcoder {
    std::string program;         // empty: the one beside this program
    std::string profilesFolder;  // empty: those this program was built with
    std::string profiles;        // what every upload gets, with commas; empty: as the profiles say
    int processes = 1;           // clips made at the same time
    ByteSize memory = 2147_MB;   // of one process
    Millis cpuTime{14'400'000}, wallTime{7'200'000};
    std::string cgroup;  // empty: none; "own": the one we run in
    int cpuWeight = 50;
  } transcoder;

  http::ServerSettings http = defaultHttp();
  Millis idempotencyKept = std::chrono::hours(24);  // how long a request can be repeated
  http::Networks metricsAllow = *http::Networks::parse("127.0.0.0/8, ::1/128");  // need no token
  Millis eventsKept = std::chrono::hours(24);
  http::WatchSettings pages = defaultPages();

  std::chrono::hours linkLife{90 * 24};  // of a watch page, from when its message was made

  std::chrono::hours countersVerifyEvery{24};  // of each campaign; 0: never

  std::string customersRegion = "DE";
  std::string secretsFolder = "var/secrets";
  std::string allowedHosts{senders::AllowedHosts::kDefault};  // of a sender's base URL
  Millis templatesEvery{3'600'000};  // how often the templates of a sender are read

  std::chrono::hours keepWebhooks{14 * 24};         // that were applied
  std::chrono::hours keepUnknownWebhooks{30 * 24};  // with parts we do not know
  bool confirmStops = true;
  Millis latestStart{3'600'000};  // of a campaign whose time came while the service was down

  struct Dispatch {
    int maxInFlight = 2'048;
    Millis requestTimeout{30'000};
    Millis scopeHold{60'000};
    int maxTries = 6;
    Millis firstRetry{5'000}, longestRetry{3'600'000};
    int guardFailures = 20, guardWindow = 50;
    Millis unknownPatience{600'000};
    std::string unknownPolicy = "keep";  // or "resend", "give_up": what was probably never sent
  } dispatch;

  struct Alerts {
    int unknownMessages = 20, unknownCodes = 5;
  } alerts;

  struct Outgoing {
    std::string proxy, caFile;
  } outgoing;

  static http::ServerSettings defaultHttp();
  static http::WatchSettings defaultPages();
};

// Where settings come from: a properties file, then environment variables, which win.
struct SettingsSources {
  std::string fileName;  // for messages
  std::string fileText;  // empty when there is no file
  std::map<std::string, std::string> environment;

  // `file` none: clipcourier.properties of the working folder, if there is one. Throws
  // Error(notFound) when a named file is not there.
  static SettingsSources of(const std::optional<std::string>& file);
};

// Throws Error(invalidInput) that names every mistake at once in its details(): the line or
// variable, the key, what stands there and what may.
Settings readSettings(const SettingsSources& sources);

// "CLIPCOURIER_HTTP_API_PORT" for "http.api_port".
std::string environmentName(std::string_view key);

// One key as the documentation lists it.
struct SettingInfo {
  std::string key;
  std::string defaultValue;
  std::string allowed;  // "0 to 65535"
};
std::vector<SettingInfo> knownSettings();

}  // namespace clipcourier
