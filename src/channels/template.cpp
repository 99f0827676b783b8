#include "channels/template.h"

#include <algorithm>

#include "channels/utf8.h"

namespace clipcourier::channels {

namespace {

// Splits at placeholders: onText gets what stands between, onName what stands in {{ }}.
template <class OnText, class OnName>
void walk(std::string_view text, OnText&& onText, OnName&& onName) {
  while (!text.empty()) {
    const std::size_t open = text.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : text.find("}}", open + 2);
    if (close == std::string_view::npos) break;
    onText(text.substr(0, open));
    std::string_view name = text.substr(open + 2, close - open - 2);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    onName(name);
    text.remove_prefix(close + 2);
  }
  onText(text);
}

std::string fill(std::string_view text, const TemplateValues& values,
                 std::vector<std::string>& missing) {
  std::string filled;
  walk(
      text, [&](std::string_view plain) { filled += plain; },
      [&](std::string_view name) {
        const auto value = values.find(std::string(name));
        if (value != values.end()) {
          filled += cleanParameter(value->second);
          return;
        }
        filled.append("{{").append(name).append("}}");
        if (std::find(missing.begin(), missing.end(), name) == missing.end()) {
          missing.emplace_back(name);
        }
      });
  return filled;
}

bool isSpace(std::string_view sequence) {
  if (sequence.size() == 1) {
    const auto c = static_cast<unsigned char>(sequence[0]);
    return c <= 0x20 || c == 0x7F;
  }
  // Next line, line separator, paragraph separator.
  return sequence == "\xC2\x85" || sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9";
}

std::size_t countCharacters(std::string_view s) {
  return static_cast<std::size_t>(std::count_if(
      s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

bool TemplateButton::needsUrlSuffix() const {
  return type == "URL" && url.find("{{") != std::string::npos;
}

std::vector<std::string> Template::bodyParameters() const {
  std::vector<std::string> names;
  walk(
      bodyText, [](std::string_view) {},
      [&](std::string_view name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
      });
  return names;
}

RenderedTemplate render(const Template& of, const TemplateValues& values,
                        const std::string& urlSuffix) {
  RenderedTemplate out;
  std::vector<std::string> elsewhere;  // a header's placeholders are not the body's
  out.header = fill(of.headerText, values, elsewhere);
  out.body = fill(of.bodyText, values, out.missing);
  out.footer = of.footerText;
  out.bodyLength = countCharacters(out.body);
  out.buttons = of.buttons;
  for (TemplateButton& button : out.buttons) {
    if (button.needsUrlSuffix())
      button.url = button.url.substr(0, button.url.find("{{")) + urlSuffix;
  }
  return out;
}

std::string cleanParameter(std::string_view value) {
  std::string clean;
  bool gap = false;
  utf8::walk(value, [&](std::string_view character) {
    if (isSpace(character)) {
      gap = true;
      return;
    }
    if (gap && !clean.empty()) clean += ' ';
    gap = false;
    clean += character;
  });
  return clean;
}

}  // namespace clipcourier::channels
