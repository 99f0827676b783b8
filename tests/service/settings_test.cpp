#include "settings.h"

#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace clipcourier;

namespace {

Settings read(const std::string& text, std::map<std::string, std::string> environment = {}) {
  return readSettings({"test.properties", text, std::move(environment)});
}

std::vector<ErrorDetail> mistakesIn(const std::string& text,
                                    std::map<std::string, std::string> environment = {}) {
  try {
    read(text, std::move(environment));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalidInput);
    return error.details();
  }
  return {};
}

std::string fileInTree(const std::string& name) {
  std::ifstream file(name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("config/clipcourier.properties lists exactly the settings there are, with their defaults",
          "[settings]") {
  std::set<std::string> listed, known;
  std::istringstream lines(fileInTree("config/clipcourier.properties"));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.front() != '#') listed.insert(line);
  for (const SettingInfo& info : knownSettings())
    known.insert(info.key + " =" + (info.defaultValue.empty() ? "" : " " + info.defaultValue));
  CHECK(listed == known);
}

TEST_CASE("the documented settings file is a valid one and changes nothing", "[settings]") {
  const Settings settings = read(fileInTree("config/clipcourier.properties"));
  CHECK(settings.http.api.port == 8080);
  CHECK(settings.maxUpload >= 4_GiB);
  CHECK(settings.database.url.reveal() == "sqlite:var/clipcourier.db");
}

TEST_CASE("an environment variable wins over the file", "[settings]") {
  const Settings settings = read("http.api_port = 1234\nmedia.max_upload_mb=7\n",
                                 {{"CLIPCOURIER_HTTP_API_PORT", "4321"}});
  CHECK(settings.http.api.port == 4321);
  CHECK(settings.maxUpload == 7_MB);
}

TEST_CASE("units of the keys become those of the program", "[settings]") {
  const Settings settings = read("http.idle_timeout_s = 12\ndispatch.first_retry_s = 9\n");
  CHECK(settings.http.webhooks.idleTimeout == Millis(12'000));
  CHECK(settings.http.publicPages.idleTimeout == Millis(12'000));
  CHECK(settings.dispatch.firstRetry == Millis(9'000));
}

TEST_CASE("all mistakes are named at once, with line, key and what is allowed", "[settings]") {
  const auto mistakes = mistakesIn(
      "# comment\nhttp.api_port = 99999\nno equals sign\nhttp.api_prot = 1\n"
      "database.migrate_on_start = yes\ncustomers.region = DE\ncustomers.region = AT\n",
      {{"CLIPCOURIER_TRANSCODER_PROCESSES", "0x2"}, {"CLIPCOURIER_TYPO", "1"}});
  REQUIRE(mistakes.size() == 7);
  CHECK(mistakes[0].where == "test.properties line 2");
  CHECK(mistakes[0].what == "http.api_port: '99999' is not a whole number from 0 to 65535");
  CHECK(mistakes[1].where == "test.properties line 3");
  CHECK(mistakes[2].code == "settings.unknown");
  CHECK(mistakes[3].what.find("true or false") != std::string::npos);
  CHECK(mistakes[4].code == "settings.twice");
  CHECK(mistakes[5].where == "variable CLIPCOURIER_TRANSCODER_PROCESSES");
  CHECK(mistakes[6].where == "variable CLIPCOURIER_TYPO");
}

TEST_CASE("secrets in the settings file are refused and not repeated", "[settings]") {
  for (const std::string line :
       {"whatsapp.access_token = hunter2", "database.url = postgresql://me:hunter2@host/db",
        "database.url = postgresql://me@host/db?password=hunter2"}) {
    CAPTURE(line);
    const auto mistakes = mistakesIn(line);
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].code == "settings.secret");
    CHECK(mistakes[0].what.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("an address with a password comes from a file or from the environment", "[settings]") {
  TempFolder folder;
  std::ofstream(folder / "url") << "postgresql://me:hunter2@host/db\n";
  CHECK(read("database.url_file = " + (folder / "url")).database.url.reveal() ==
        "postgresql://me:hunter2@host/db");
  CHECK(read("", {{"CLIPCOURIER_DATABASE_URL", "postgresql://me:hunter2@host/db"}})
            .database.url.reveal() == "postgresql://me:hunter2@host/db");
  CHECK(mistakesIn("database.url_file = " + (folder / "absent")).size() == 1);
  std::ofstream(folder / "bad") << "hunter2\n";
  const auto mistakes = mistakesIn("database.url_file = " + (folder / "bad"));
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].what.find("hunter2") == std::string::npos);
}

TEST_CASE("variables of senders and of tests are no settings", "[settings]") {
  CHECK(mistakesIn(
            "",
            {{"CLIPCOURIER_SENDER_TOKEN", "x"}, {"CLIPCOURIER_TEST_POSTGRES", "y"}, {"PATH", "z"}})
            .empty());
}

TEST_CASE("a settings file that was named must be there", "[settings]") {
  TempFolder folder;
  CHECK_THROWS_AS(SettingsSources::of(folder / "absent.properties"), Error);
  std::ofstream(folder / "there.properties") << "http.api_port = 5\n";
  SettingsSources sources = SettingsSources::of(folder / "there.properties");
  sources.environment.clear();  // whoever runs the tests may have settings of their own
  CHECK(readSettings(sources).http.api.port == 5);
}
