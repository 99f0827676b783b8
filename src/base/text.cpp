#include "base/text.h"

#include <algorithm>
#include <cstdint>

namespace clipcourier::text {
namespace {

bool between(unsigned char c, int low, int high) { return c >= low && c <= high; }

// Length of the well-formed sequence at s[0], or 0.
std::size_t sequenceLength(std::string_view s) {
  const auto at = [&](std::size_t i) {
    return i < s.size() ? static_cast<unsigned char>(s[i]) : 0;
  };
  const unsigned char c = at(0);
  if (between(c, 0x01, 0x7f)) return 1;
  if (between(c, 0xc2, 0xdf)) return between(at(1), 0x80, 0xbf) ? 2 : 0;
  if (between(c, 0xe0, 0xef)) {
    const int low = c == 0xe0 ? 0xa0 : 0x80, high = c == 0xed ? 0x9f : 0xbf;
    return between(at(1), low, high) && between(at(2), 0x80, 0xbf) ? 3 : 0;
  }
  if (between(c, 0xf0, 0xf4)) {
    const int low = c == 0xf0 ? 0x90 : 0x80, high = c == 0xf4 ? 0x8f : 0xbf;
    return between(at(1), low, high) && between(at(2), 0x80, 0xbf) && between(at(3), 0x80, 0xbf)
               ? 4
               : 0;
  }
  return 0;
}

// Bytes of white space at s[0]: ASCII or U+00A0, which spreadsheets like to leave behind.
std::size_t spaceLength(std::string_view s) {
  if (s.empty()) return 0;
  if (s[0] == ' ' || between(static_cast<unsigned char>(s[0]), '\t', '\r')) return 1;
  return s.starts_with("\xc2\xa0") ? 2 : 0;
}

}  // namespace

bool isUtf8(std::string_view s) {
  while (!s.empty()) {
    const std::size_t n = sequenceLength(s);
    if (n == 0) return false;
    s.remove_prefix(n);
  }
  return true;
}

std::string trim(std::string_view s) {
  while (const std::size_t n = spaceLength(s)) s.remove_prefix(n);
  for (;;) {
    if (!s.empty() && spaceLength(s.substr(s.size() - 1)) == 1)
      s.remove_suffix(1);
    else if (s.ends_with("\xc2\xa0"))
      s.remove_suffix(2);
    else
      return std::string(s);
  }
}

std::string lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::vector<std::string> split(std::string_view s, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = s.find(separator);
    parts.emplace_back(s.substr(0, at));
    if (at == std::string_view::npos) return parts;
    s.remove_prefix(at + 1);
  }
}

std::string truncate(std::string_view s, std::size_t maxBytes) {
  if (s.size() <= maxBytes) return std::string(s);
  std::size_t end = maxBytes;
  while (end > 0 && (static_cast<unsigned char>(s[end]) & 0xc0) == 0x80) --end;
  return std::string(s.substr(0, end));
}

std::optional<std::string> language(std::string_view tag) {
  const std::string primary = lower(tag.substr(0, tag.find_first_of("-_")));
  const bool letters = std::ranges::all_of(primary, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!letters || primary.size() < 2 || primary.size() > 3 || tag.size() > 35) return std::nullopt;
  return primary;
}

}  // namespace clipcourier::text
