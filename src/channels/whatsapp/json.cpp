#include "channels/whatsapp/json.h"

#include <charconv>

#include "channels/utf8.h"

namespace clipcourier::channels::whatsapp {

namespace {

constexpr int kMaxDepth = 64;
constexpr std::int64_t kLastSecond = 253'402'300'799;  // end of the year 9999

// Recursive code (dump) meets these values later: the depth is bounded before they exist.
bool isTooDeep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

int hexValue(std::string_view four) {
  int value = 0;
  const auto [end, error] = std::from_chars(four.data(), four.data() + four.size(), value, 16);
  return error == std::errc() && end == four.data() + 4 ? value : -1;
}

int escapeAt(std::string_view text, std::size_t i) {
  if (i + 6 > text.size() || text[i] != '\\' || text[i + 1] != 'u') return -1;
  return hexValue(text.substr(i + 2, 4));
}

// Replaces escapes of half a surrogate pair by the replacement character's.
std::string mendSurrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const int unit = escapeAt(text, i);
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    const bool low = unit >= 0xDC00 && unit < 0xE000;
    const int following = high ? escapeAt(text, i + 6) : -1;
    if (high && following >= 0xDC00 && following < 0xE000) {
      out += text.substr(i, 12);
      i += 12;
    } else if (high || low) {
      out += "\\ufffd";
      i += 6;
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      out += text.substr(i, 2);
      i += 2;
    } else {
      out += text[i++];
    }
  }
  return out;
}

bool isUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

Json parseJson(std::string_view text) {
  if (isTooDeep(text)) return Json(Json::value_t::discarded);
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_discarded()) return json;
  std::string whole;
  utf8::walk(text, [&](std::string_view character) { whole += character; });
  return Json::parse(mendSurrogates(whole), nullptr, false);
}

const Json& member(const Json& of, const char* key) {
  static const Json none;
  if (!of.is_object()) return none;
  const auto found = of.find(key);
  return found == of.end() ? none : *found;
}

const Json& list(const Json& of, const char* key) {
  static const Json none = Json::array();
  const Json& value = member(of, key);
  return value.is_array() ? value : none;
}

// Without NUL characters: they mean nothing, and PostgreSQL stores none.
std::string text(const Json& value) {
  if (value.is_string()) {
    std::string words = value.get<std::string>();
    std::erase(words, '\0');
    return words;
  }
  if (value.is_number_integer()) return value.dump();
  return {};
}

std::string text(const Json& of, const char* key) { return text(member(of, key)); }

std::optional<std::int64_t> number(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto n = value.get<std::uint64_t>();
    if (n > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(n);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& digits = value.get_ref<const std::string&>();
  std::int64_t n = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, n);
  if (error != std::errc() || end != last) return std::nullopt;
  return n;
}

TimePoint time(const Json& value) {
  const auto seconds = number(value);
  if (!seconds || *seconds < 0 || *seconds > kLastSecond) return TimePoint{};
  return fromMs(*seconds * 1000);
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string percentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (isUnreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace clipcourier::channels::whatsapp
