#include "metrics/exposition.h"

#include <array>
#include <charconv>
#include <cmath>

namespace clipcourier::metrics {
namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text;
}

std::string numberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end.ptr};
}

}  // namespace

void Exposition::describe(std::string_view name, std::string_view type, std::string_view help) {
  name_ = "clipcourier_" + std::string(name);
  text_ += "# HELP " + name_ + ' ' + std::string(help) + "\n# TYPE " + name_ + ' ' +
           std::string(type) + '\n';
}

void Exposition::sample(std::string_view suffix, const Labels& labels, double value) {
  text_ += name_ + std::string(suffix);
  std::string list;
  for (const auto& [name, one] : labels)
    list += (list.empty() ? "" : ",") + name + "=\"" + escaped(one) + '"';
  if (!list.empty()) text_ += '{' + list + '}';
  text_ += ' ' + numberText(value) + '\n';
}

}  // namespace clipcourier::metrics
