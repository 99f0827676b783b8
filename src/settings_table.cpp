#include "settings_table.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "db/database_url.h"
#include "http/metrics_endpoints.h"

namespace clipcourier {
namespace {

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string range(std::int64_t least, std::int64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

// A number that is kept in another type: seconds as Millis, megabytes as ByteSize.
SettingEntry converted(std::string key, std::int64_t least, std::int64_t most,
                       std::function<void(std::int64_t)> set, std::function<std::int64_t()> get) {
  const auto parse = [=](const std::string& text) {
    const auto value = number(text);
    if (!value || *value < least || *value > most) return false;
    set(*value);
    return true;
  };
  return {std::move(key), range(least, most), parse, [get] { return std::to_string(get()); }};
}

SettingEntry count(std::string key, int& target, int least, int most) {
  return converted(
      std::move(key), least, most, [&target](auto value) { target = static_cast<int>(value); },
      [&target] { return target; });
}

SettingEntry seconds(std::string key, Millis& target, int least, int most) {
  return converted(
      std::move(key), least, most, [&target](auto value) { target = Millis(value * 1000); },
      [&target] { return target.count() / 1000; });
}

template <class Duration>
SettingEntry hours(std::string key, Duration& target, int least, int most) {
  return converted(
      std::move(key), least, most, [&target](auto value) { target = std::chrono::hours(value); },
      [&target] { return std::chrono::duration_cast<std::chrono::hours>(target).count(); });
}

SettingEntry megabytes(std::string key, ByteSize& target, int least, int most) {
  return converted(
      std::move(key), least, most,
      [&target](auto value) { target.bytes = static_cast<std::uint64_t>(value) * 1'000'000; },
      [&target] { return static_cast<std::int64_t>(target.bytes / 1'000'000); });
}

SettingEntry flag(std::string key, bool& target) {
  const auto parse = [&target](const std::string& text) {
    if (text != "true" && text != "false") return false;
    target = text == "true";
    return true;
  };
  return {std::move(key), "true or false", parse, [&target] { return target ? "true" : "false"; }};
}

using Rule = std::function<bool(const std::string&)>;

SettingEntry words(std::string key, std::string& target, std::string allowed, Rule rule) {
  const auto parse = [&target, rule](const std::string& text) {
    if (!rule(text)) return false;
    target = text;
    return true;
  };
  return {std::move(key), std::move(allowed), parse, [&target] { return target; }};
}

SettingEntry path(std::string key, std::string& target) {
  return words(std::move(key), target, "a path",
               [](const std::string& text) { return !text.empty(); });
}

SettingEntry optionalPath(std::string key, std::string& target) {
  return words(std::move(key), target, "a path, or nothing",
               [](const std::string&) { return true; });
}

bool isWebAddress(const std::string& text) {
  for (const std::string scheme : {"http://", "https://"}) {
    if (text.rfind(scheme, 0) == 0)
      return text.size() > scheme.size() && text.find_first_of(" \t\"<>\\") == std::string::npos;
  }
  return false;
}

bool isLocation(const std::string& text) {
  if (text.empty()) return true;
  return text.size() > 1 && text.front() == '/' && text.back() != '/' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '/' || c == '-' || c == '_' || c == '.';
         });
}

bool isListOfNames(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ',' || c == ' ';
  });
}

bool isRegion(const std::string& text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

SettingEntry databaseUrl(Secret& target) {
  const auto parse = [&target](const std::string& text) {
    Secret url(text);
    try {
      db::engineOf(url);
    } catch (const Error&) {
      return false;
    }
    target = std::move(url);
    return true;
  };
  return {"database.url", "sqlite:PATH or postgresql://USER@HOST:PORT/NAME", parse,
          [&target] { return target.reveal(); }};
}

// A key is a listener's name and what is set: "http.api_port".
void addListener(std::vector<SettingEntry>& table, const std::string& name,
                 http::ListenerSettings& listener) {
  const std::string prefix = "http." + name + "_";
  table.push_back(words(prefix + "address", listener.address, "an IP address of this machine",
                        [](const std::string& text) { return !text.empty(); }));
  table.push_back(count(prefix + "port", listener.port, 0, 65'535));
  table.push_back(count(prefix + "threads", listener.threads, 1, 1'000));
  table.push_back(count(prefix + "max_connections", listener.maxConnections, 1, 100'000));
  table.push_back(
      count(prefix + "max_connections_per_address", listener.maxPerAddress, 0, 100'000));
  table.push_back(words(prefix + "tls_certificate_file", listener.tls.certificate,
                        "a path, \"none\", or nothing", [](const std::string&) { return true; }));
  table.push_back(optionalPath(prefix + "tls_key_file", listener.tls.key));
}

// What holds for all three listeners alike.
void addHttpTimes(std::vector<SettingEntry>& table, http::ServerSettings& http) {
  const auto all = [&](std::string key, Millis http::ListenerSettings::*time, int most) {
    http::ServerSettings* settings = &http;
    table.push_back(converted(
        std::move(key), 1, most,
        [settings, time](auto value) {
          for (auto* listener : {&settings->api, &settings->webhooks, &settings->publicPages})
            listener->*time = Millis(value * 1000);
        },
        [settings, time] { return (settings->api.*time).count() / 1000; }));
  };
  all("http.head_timeout_s", &http::ListenerSettings::headTimeout, 300);
  all("http.idle_timeout_s", &http::ListenerSettings::idleTimeout, 3600);
  all("http.transfer_timeout_s", &http::ListenerSettings::transferTimeout, 3600);
  table.push_back(seconds("http.stop_timeout_s", http.stopTimeout, 1, 6));
}

SettingEntry networks(std::string key, std::vector<http::Networks*> targets) {
  const auto parse = [targets](const std::string& text) {
    const auto networks = http::Networks::parse(text);
    if (!networks) return false;
    for (http::Networks* target : targets) *target = *networks;
    return true;
  };
  return {std::move(key),
          "addresses and networks (10.0.0.0/8) with commas between them, or nothing", parse,
          [targets] { return targets.front()->text(); }};
}

void addPages(std::vector<SettingEntry>& table, http::WatchSettings& pages) {
  const auto optional = [](const std::string& text) { return text.empty() || isWebAddress(text); };
  table.push_back(
      words("http.public_url", pages.publicUrl,
            "an http:// or https:// address without a slash at its end",
            [](const std::string& text) { return isWebAddress(text) && text.back() != '/'; }));
  table.push_back(words("http.x_accel_prefix", pages.accelPrefix,
                        "a path that begins with / and does not end with it, or nothing",
                        isLocation));
  table.push_back(words("pages.imprint_url", pages.imprintUrl,
                        "an http:// or https:// address, or nothing", optional));
  table.push_back(words("pages.privacy_url", pages.privacyUrl,
                        "an http:// or https:// address, or nothing", optional));
}

void addTranscoder(std::vector<SettingEntry>& table, Settings::Transcoder& transcoder) {
  table.push_back(optionalPath("transcoder.program", transcoder.program));
  table.push_back(optionalPath("transcoder.profiles_folder", transcoder.profilesFolder));
  table.push_back(words("transcoder.profiles", transcoder.profiles,
                        "names of profiles with commas between them, or nothing", isListOfNames));
  table.push_back(count("transcoder.processes", transcoder.processes, 1, 64));
  table.push_back(megabytes("transcoder.memory_mb", transcoder.memory, 256, 1'000'000));
  table.push_back(seconds("transcoder.cpu_time_s", transcoder.cpuTime, 10, 86'400));
  table.push_back(seconds("transcoder.wall_time_s", transcoder.wallTime, 10, 86'400));
  table.push_back(words("transcoder.cgroup", transcoder.cgroup,
                        "\"own\", an absolute path, or nothing", [](const std::string& text) {
                          return text.empty() || text == "own" || text.front() == '/';
                        }));
  table.push_back(count("transcoder.cpu_weight", transcoder.cpuWeight, 1, 10'000));
}

void addDispatch(std::vector<SettingEntry>& table, Settings::Dispatch& dispatch) {
  table.push_back(count("dispatch.max_in_flight", dispatch.maxInFlight, 1, 10'000));
  table.push_back(seconds("dispatch.request_timeout_s", dispatch.requestTimeout, 1, 300));
  table.push_back(seconds("dispatch.scope_hold_s", dispatch.scopeHold, 1, 86'400));
  table.push_back(count("dispatch.max_tries", dispatch.maxTries, 1, 50));
  table.push_back(seconds("dispatch.first_retry_s", dispatch.firstRetry, 1, 3'600));
  table.push_back(seconds("dispatch.longest_retry_s", dispatch.longestRetry, 1, 604'800));
  table.push_back(count("dispatch.guard_failures", dispatch.guardFailures, 1, 1'000'000));
  table.push_back(count("dispatch.guard_window", dispatch.guardWindow, 1, 1'000'000));
  table.push_back(seconds("dispatch.unknown_patience_s", dispatch.unknownPatience, 60, 604'800));
  table.push_back(words("dispatch.unknown_policy", dispatch.unknownPolicy,
                        "keep, resend or give_up", [](const std::string& text) {
                          return text == "keep" || text == "resend" || text == "give_up";
                        }));
}

SettingEntry days(std::string key, std::chrono::hours& target, int least, int most) {
  return converted(
      std::move(key), least, most,
      [&target](auto value) { target = std::chrono::hours(24 * value); },
      [&target] { return target.count() / 24; });
}

SettingEntry minutes(std::string key, Millis& target, int least, int most) {
  return converted(
      std::move(key), least, most, [&target](auto value) { target = Millis(value * 60'000); },
      [&target] { return target.count() / 60'000; });
}

// How we stand with providers, and what they tell.
void addChannels(std::vector<SettingEntry>& table, Settings& settings) {
  table.push_back(words("senders.allowed_hosts", settings.allowedHosts,
                        "host names with commas between them, and loopback for this machine",
                        senders::AllowedHosts::isList));
  table.push_back(minutes("senders.templates_every_min", settings.templatesEvery, 1, 10'080));
  table.push_back(days("webhooks.keep_days", settings.keepWebhooks, 1, 3'650));
  table.push_back(days("webhooks.keep_unknown_days", settings.keepUnknownWebhooks, 1, 3'650));
  table.push_back(flag("messages.confirm_stop", settings.confirmStops));
  table.push_back(minutes("campaigns.latest_start_min", settings.latestStart, 1, 10'080));
}

}  // namespace

std::vector<SettingEntry> settingsTable(Settings& settings) {
  std::vector<SettingEntry> table;
  table.push_back(databaseUrl(settings.database.url));
  table.push_back(count("database.readers", settings.database.readers, 1, 200));
  table.push_back(count("database.writers", settings.database.writers, 1, 200));
  table.push_back(converted(
      "database.lock_timeout_s", 1, 300,
      [&settings](auto value) { settings.database.lockTimeout = std::chrono::seconds(value); },
      [&settings] { return settings.database.lockTimeout.count(); }));
  table.push_back(flag("database.migrate_on_start", settings.migrateOnStart));
  table.push_back(path("security.key_file", settings.keyFile));
  table.push_back(path("media.folder", settings.mediaFolder));
  table.push_back(megabytes("media.max_upload_mb", settings.maxUpload, 1, 1'000'000));
  table.push_back(megabytes("media.min_free_mb", settings.minFree, 1, 10'000'000));
  table.push_back(hours("media.clean_after_hours", settings.cleanAfter, 1, 8'760));
  table.push_back(hours("uploads.expire_hours", settings.uploadLife, 1, 8'760));
  addTranscoder(table, settings.transcoder);
  addListener(table, "api", settings.http.api);
  addListener(table, "webhooks", settings.http.webhooks);
  addListener(table, "public", settings.http.publicPages);
  addHttpTimes(table, settings.http);
  table.push_back(hours("http.idempotency_hours", settings.idempotencyKept, 1, 720));
  table.push_back(networks("metrics.allow", {&settings.metricsAllow}));
  table.push_back(hours("events.kept_hours", settings.eventsKept, 1, 720));
  table.push_back(optionalPath("http.tls_certificate_file", settings.http.tls.certificate));
  table.push_back(optionalPath("http.tls_key_file", settings.http.tls.key));
  table.push_back(networks("http.trusted_proxies", {&settings.http.api.trustedProxies,
                                                    &settings.http.webhooks.trustedProxies,
                                                    &settings.http.publicPages.trustedProxies}));
  addPages(table, settings.pages);
  table.push_back(converted(
      "pages.link_life_days", 1, 3'650,
      [&settings](auto value) { settings.linkLife = std::chrono::hours(24 * value); },
      [&settings] { return settings.linkLife.count() / 24; }));
  table.push_back(converted(
      "counters.verify_every_h", 0, 8'760,
      [&settings](auto value) { settings.countersVerifyEvery = std::chrono::hours(value); },
      [&settings] { return settings.countersVerifyEvery.count(); }));
  table.push_back(words("customers.region", settings.customersRegion,
                        "a country in two capital letters, as DE", isRegion));
  table.push_back(path("senders.secrets_folder", settings.secretsFolder));
  addChannels(table, settings);
  addDispatch(table, settings.dispatch);
  table.push_back(count("alerts.unknown_messages", settings.alerts.unknownMessages, 1, 1'000'000));
  table.push_back(count("alerts.unknown_codes", settings.alerts.unknownCodes, 1, 1'000'000));
  table.push_back(
      words("outgoing.proxy", settings.outgoing.proxy, "http://HOST:PORT, or nothing",
            [](const std::string& text) { return text.empty() || isWebAddress(text); }));
  table.push_back(optionalPath("outgoing.ca_file", settings.outgoing.caFile));
  return table;
}

}  // namespace clipcourier
