#include "transcoder/x264_options.h"

#include <charconv>
#include <set>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace clipcourier::transcoder {
namespace {

struct Option {
  const char* name;
  double lowest, highest;
  int values = 1;         // numbers, with commas between them
  bool fraction = false;  // may have a decimal point
};

constexpr Option kNumbers[] = {
    {"8x8dct", 0, 1},
    {"aq-mode", 0, 3},
    {"aq-strength", 0, 3, 1, true},
    {"b-adapt", 0, 2},
    {"b-bias", -100, 100},
    {"chroma-qp-offset", -12, 12},
    {"deblock", -6, 6, 2},
    {"deadzone-inter", 0, 32},
    {"deadzone-intra", 0, 32},
    {"dct-decimate", 0, 1},
    {"fast-pskip", 0, 1},
    {"ipratio", 1, 2, 1, true},
    {"mbtree", 0, 1},
    {"merange", 4, 64},
    {"mixed-refs", 0, 1},
    {"nr", 0, 1000},
    {"pbratio", 1, 2, 1, true},
    {"psy", 0, 1},
    {"psy-rd", 0, 5, 2, true},
    {"qcomp", 0, 1, 1, true},
    {"rc-lookahead", 0, 120},
    {"ref", 1, 8},
    {"scenecut", 0, 100},
    {"subme", 0, 10},
    {"trellis", 0, 2},
    {"weightb", 0, 1},
    {"weightp", 0, 2},
};

struct Choice {
  const char* name;
  std::vector<std::string_view> values;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all{
      {"b-pyramid", {"none", "strict", "normal"}},
      {"direct", {"none", "spatial", "temporal", "auto"}},
      {"me", {"dia", "hex", "umh"}},
      {"partitions", {"none", "p8x8", "i4x4,p8x8", "all"}},
  };
  return all;
}

bool isNumber(const std::string& text, const Option& option) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  return error == std::errc() && stop == end && value >= option.lowest && value <= option.highest &&
         (option.fraction || text.find('.') == std::string::npos);
}

std::string range(const Option& option) {
  const auto whole = [](double value) { return std::to_string(static_cast<int>(value)); };
  return (option.values == 2 ? "two numbers from " : "a number from ") + whole(option.lowest) +
         " to " + whole(option.highest) + (option.values == 2 ? " with a comma between them" : "");
}

// What is wrong with one "name=value", or nothing.
std::optional<std::string> check(const std::string& name, const std::string& value) {
  for (const Option& option : kNumbers) {
    if (name != option.name) continue;
    const auto parts = text::split(value, ',');
    bool fine = static_cast<int>(parts.size()) == option.values;
    for (const auto& part : parts) fine = fine && isNumber(part, option);
    return fine ? std::nullopt : std::optional(name + " must be " + range(option));
  }
  for (const Choice& choice : choices()) {
    if (name != choice.name) continue;
    std::string all;
    for (const auto each : choice.values) {
      if (each == value) return std::nullopt;
      all += (all.empty() ? "" : ", ") + std::string(each);
    }
    return name + " must be one of " + all;
  }
  return "\"" + name + "\" is no option of x264 that a profile can set";
}

}  // namespace

std::optional<std::string> readX264Options(const std::string& text, std::string& target) {
  std::string joined;
  std::set<std::string> seen;
  for (const std::string& word : text::split(text, ' ')) {
    if (word.empty()) continue;
    const auto equals = word.find('=');
    if (equals == std::string::npos)
      return "needs name=value with spaces between, not \"" + word + "\"";
    const std::string name = word.substr(0, equals);
    if (!seen.insert(name).second) return "names " + name + " a second time";
    if (auto wrong = check(name, word.substr(equals + 1))) return wrong;
    joined += (joined.empty() ? "" : ":") + word;
  }
  target = joined;
  return std::nullopt;
}

}  // namespace clipcourier::transcoder
