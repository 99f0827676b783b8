#include "messages/reasons.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "channels/registry.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

// Where a code is written: into a row, an answer, a hold, or as what a campaign waits for.
const char* const kWritings[] = {
    R"re(\b(?:skip|skipWaiting|fail)\([^;{}]*?"([a-z_]+:?)")re",
    R"re(const std::string& reason = "([a-z_]+)")re",
    R"re(now, "([a-z_]+)"\);)re",
    R"re(impossible\["([a-z_]+:?)")re",
    R"re(\.code = "([a-z_]+:?)")re",
    R"re(codeText\([^;]*?"([a-z_]+:?)"\))re",
    R"re((?:error_code|reason) = '([a-z_]+:?)')re",
    R"re(MessageState::unknown, "[^"]*", "([a-z_]+)")re",
    R"re(waits\.push_back\(\{"[a-z]+",\s*"([a-z_]+)")re",
    R"re(pauseReason\.empty\(\) \? "([a-z_]+)")re",
};
const char* const kSupplyReasons = R"re((?:return|\?) "([a-z_]+)")re";

void addMatches(const std::string& text, const std::string& pattern, std::set<std::string>& codes) {
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    codes.insert((*at)[1]);
}

std::set<std::string> writtenCodes() {
  std::set<std::string> codes;
  for (const char* module : {"messages", "campaigns"}) {
    const std::filesystem::path folder = std::string(CLIPCOURIER_SOURCE_DIR "/src/") + module;
    if (!std::filesystem::exists(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      for (const char* pattern : kWritings) addMatches(text.str(), pattern, codes);
      if (entry.path().filename() == "supplies.cpp") addMatches(text.str(), kSupplyReasons, codes);
    }
  }
  return codes;
}

bool isSentence(const std::string& text) {
  return text.size() > 20 && text.find("{}") == std::string::npos && text.back() == '.';
}

}  // namespace

TEST_CASE("every reason that is written has a sentence in German and English", "[messages]") {
  const std::set<std::string> codes = writtenCodes();
  // The search itself works: it finds one of each kind.
  for (const char* known :
       {"no_consent", "opt_out", "variable_missing:", "number_changed", "no_content", "reply_lost",
        "not_reached", "not_sendable", "interrupted", "refused", "launching"}) {
    INFO(known);
    CHECK(codes.contains(known));
  }
  for (const std::string& code : codes) {
    INFO(code);
    const auto words = reasonWords(code.back() == ':' ? code + "model" : code);
    REQUIRE(words);
    CHECK(isSentence(words->de));
    CHECK(isSentence(words->en));
  }
}

TEST_CASE("a missing variable is named", "[messages]") {
  const auto words = reasonWords("variable_missing:model");
  REQUIRE(words);
  CHECK(words->de.find("„model“") != std::string::npos);
  CHECK(words->en.find("\"model\"") != std::string::npos);
}

TEST_CASE("a provider's number is explained by its channel, a person's words stay", "[messages]") {
  const auto& whatsapp = channels::get("whatsapp");
  CHECK(explain("131026", &whatsapp).en == whatsapp.errorInfo(131026).english);
  CHECK(explain("131026", &whatsapp).de == whatsapp.errorInfo(131026).german);
  CHECK(explain("987654", &whatsapp).en == whatsapp.errorInfo(0).english);
  for (const char* words : {"wrong price in the film", "paused: by Jana", "131026 x", ""}) {
    CHECK(explain(words, &whatsapp) == Words{words, words});
    CHECK(explain(words, nullptr) == Words{words, words});
  }
}

TEST_CASE("an unknown message reads differently once it was probably never sent", "[messages]") {
  CHECK(explainUnknown(true) != explainUnknown(false));
  for (const bool never : {true, false}) {
    CHECK(isSentence(explainUnknown(never).de));
    CHECK(isSentence(explainUnknown(never).en));
  }
}
