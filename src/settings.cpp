#include "settings.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "settings_table.h"

extern char** environ;

namespace clipcourier {
namespace {

constexpr std::string_view kPrefix = "CLIPCOURIER_";
constexpr auto kDatabaseUrl = "database.url";
// Names a file that holds the database's address when that has a password in it.
constexpr auto kDatabaseUrlFile = "database.url_file";

// Variables with our prefix that are no settings: senders' secrets, and what tests are told.
bool isForeign(const std::string& name) {
  for (const std::string_view prefix :
       {"CLIPCOURIER_SENDER_", "CLIPCOURIER_TEST_", "CLIPCOURIER_BIN", "CLIPCOURIER_KEEP",
        "CLIPCOURIER_CORPUS", "CLIPCOURIER_META_OPENAPI"}) {
    if (name.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

bool namesSecret(const std::string& key) {
  for (const char* word : {"password", "secret", "token", "credential"}) {
    if (key.find(word) != std::string::npos) return true;
  }
  return false;
}

// postgresql://user:PASSWORD@host or ?password=...
bool holdsPassword(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return false;
  const std::string authority =
      url.substr(scheme + 3, url.find_first_of("/?", scheme + 3) - scheme - 3);
  const std::size_t at = authority.rfind('@');
  if (at != std::string::npos && authority.find(':') < at) return true;
  return url.find("password=") != std::string::npos;
}

std::optional<std::string> contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Reads all sources into one Settings and gathers what is wrong.
class Reader {
 public:
  Reader() : table_(settingsTable(settings_)) {}

  void readFile(const std::string& name, const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number)
      readLine(name + " line " + std::to_string(number), text::trim(line));
  }

  void readEnvironment(const std::map<std::string, std::string>& environment) {
    for (const auto& [name, value] : environment) {
      if (name.rfind(kPrefix, 0) != 0 || isForeign(name)) continue;
      if (name == environmentName(kDatabaseUrlFile)) {
        readUrlFile("variable " + name, value);
      } else if (const SettingEntry* entry =
                     find([&](auto& e) { return environmentName(e.key) == name; })) {
        set("variable " + name, *entry, value);
      } else {
        mistake("settings.unknown", "variable " + name,
                "there is no such setting; config/clipcourier.properties lists all");
      }
    }
  }

  Settings finish() {
    if (mistakes_.empty()) return settings_;
    const std::string count = std::to_string(mistakes_.size());
    throw Error(ErrorKind::invalidInput,
                "the settings have " + count + (mistakes_.size() == 1 ? " mistake" : " mistakes"),
                "Correct what is listed, then run 'clipcourier check'.", "settings.invalid")
        .with(std::move(mistakes_));
  }

 private:
  template <class Predicate>
  const SettingEntry* find(Predicate&& matches) const {
    const auto entry = std::find_if(table_.begin(), table_.end(), matches);
    return entry == table_.end() ? nullptr : &*entry;
  }

  void readLine(const std::string& where, const std::string& line) {
    if (line.empty() || line.front() == '#') return;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) {
      return mistake("settings.syntax", where,
                     "a line is 'key = value' or a comment that begins with #");
    }
    const std::string key = text::trim(line.substr(0, equals));
    if (!seen_.insert(key).second)
      return mistake("settings.twice", where, key + " stands here a second time");
    readPair(where, key, text::trim(line.substr(equals + 1)));
  }

  void readPair(const std::string& where, const std::string& key, const std::string& value) {
    if (key == kDatabaseUrlFile) return readUrlFile(where, value);
    const SettingEntry* entry = find([&](auto& e) { return e.key == key; });
    if (!entry && namesSecret(key)) {
      return mistake(
          "settings.secret", where,
          key +
              ": secrets do not belong into this file; they come from environment variables or "
              "from files, see the comments on senders.secrets_folder and database.url_file");
    }
    if (!entry) {
      return mistake("settings.unknown", where,
                     key + ": there is no such setting; config/clipcourier.properties lists all");
    }
    if (key == kDatabaseUrl && holdsPassword(value)) {
      return mistake(
          "settings.secret", where,
          "database.url holds a password, which does not belong into this file: put the address "
          "into a file of its own and name that in database.url_file, or set " +
              environmentName(kDatabaseUrl));
    }
    set(where, *entry, value);
  }

  void readUrlFile(const std::string& where, const std::string& path) {
    if (path.empty()) return;
    const auto content = contentOf(path);
    if (!content) return mistake("settings.file", where, "database.url_file: cannot read " + path);
    const SettingEntry* entry = find([&](auto& e) { return e.key == kDatabaseUrl; });
    // The content may hold a password: it is not shown.
    if (!entry->parse(text::trim(*content)))
      mistake("settings.range", where, path + " does not hold " + entry->allowed);
  }

  void set(const std::string& where, const SettingEntry& entry, const std::string& value) {
    if (entry.parse(value)) return;
    const std::string shown = entry.key == kDatabaseUrl ? "what is set" : "'" + value + "'";
    mistake("settings.range", where, entry.key + ": " + shown + " is not " + entry.allowed);
  }

  void mistake(std::string code, std::string where, std::string what) {
    mistakes_.push_back({std::move(code), std::move(where), std::move(what)});
  }

  Settings settings_;
  std::vector<SettingEntry> table_;
  std::set<std::string> seen_;
  std::vector<ErrorDetail> mistakes_;
};

}  // namespace

http::ServerSettings Settings::defaultHttp() {
  http::ServerSettings http;
  http.api.port = 8080;
  http.webhooks.port = 8081;
  http.publicPages.port = 8082;
  for (auto* listener : {&http.api, &http.webhooks, &http.publicPages})
    listener->trustedProxies = http::Networks::parse("127.0.0.0/8, ::1").value();
  return http;
}

http::WatchSettings Settings::defaultPages() {
  http::WatchSettings pages;
  pages.publicUrl = "http://127.0.0.1:8082";
  return pages;
}

SettingsSources SettingsSources::of(const std::optional<std::string>& file) {
  SettingsSources sources;
  sources.fileName = file.value_or("clipcourier.properties");
  const auto text = contentOf(sources.fileName);
  if (!text && file) {
    throw Error(ErrorKind::notFound, "cannot read the settings file " + *file,
                "Check its name, or leave --config out to use the defaults.", "settings.no_file");
  }
  sources.fileText = text.value_or("");
  for (char** variable = environ; *variable; ++variable) {
    const std::string pair = *variable;
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos)
      sources.environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return sources;
}

Settings readSettings(const SettingsSources& sources) {
  Reader reader;
  reader.readFile(sources.fileName, sources.fileText);
  reader.readEnvironment(sources.environment);
  return reader.finish();
}

std::string environmentName(std::string_view key) {
  std::string name(kPrefix);
  for (const char c : key)
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

std::vector<SettingInfo> knownSettings() {
  Settings defaults;
  std::vector<SettingInfo> known;
  for (const SettingEntry& entry : settingsTable(defaults)) {
    known.push_back({entry.key, entry.text(), entry.allowed});
    if (entry.key == kDatabaseUrl) known.push_back({kDatabaseUrlFile, "", "a path, or nothing"});
  }
  return known;
}

}  // namespace clipcourier
