#include "channels/opt_out.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "channels/utf8.h"

namespace clipcourier::channels {

namespace {

// One of these alone, or several of them, or with words of politeness around.
constexpr std::array kWords = {std::string_view("stop"),        std::string_view("stopp"),
                               std::string_view("stoppen"),     std::string_view("stopall"),
                               std::string_view("abmelden"),    std::string_view("abmeldung"),
                               std::string_view("abbestellen"), std::string_view("abbestellung"),
                               std::string_view("austragen"),   std::string_view("ende"),
                               std::string_view("beenden"),     std::string_view("widerruf"),
                               std::string_view("widerrufen"),  std::string_view("unsubscribe"),
                               std::string_view("unsubcribe"),  std::string_view("optout"),
                               std::string_view("cancel"),      std::string_view("end"),
                               std::string_view("quit"),        std::string_view("revoke")};
constexpr std::array kPolite = {
    std::string_view("bitte"), std::string_view("please"), std::string_view("pls"),
    std::string_view("danke"), std::string_view("thanks"), std::string_view("jetzt"),
    std::string_view("now"),   std::string_view("sofort"), std::string_view("all"),
    std::string_view("alle"),  std::string_view("alles"),  std::string_view("me")};
constexpr std::array kPhrases = {std::string_view("opt out"),
                                 std::string_view("ich widerrufe"),
                                 std::string_view("keine nachrichten mehr"),
                                 std::string_view("keine werbung mehr"),
                                 std::string_view("bitte keine nachrichten mehr"),
                                 std::string_view("bitte keine werbung mehr"),
                                 std::string_view("keine werbung"),
                                 std::string_view("no more messages"),
                                 std::string_view("remove me"),
                                 std::string_view("stop it"),
                                 std::string_view("stop sending"),
                                 std::string_view("stop messages"),
                                 std::string_view("newsletter abbestellen"),
                                 std::string_view("mich abmelden"),
                                 std::string_view("bitte mich abmelden"),
                                 std::string_view("melde mich ab"),
                                 std::string_view("hör auf")};

constexpr char32_t kStopSign = 0x1F6D1;

// White space, punctuation, symbols and emoji; every letter and digit of any script counts as text.
bool isDecoration(char32_t c) {
  if (c < 0x80) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
  }
  return c < 0xC0 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || (c >= 0xFF01 && c <= 0xFF0F) ||
         c == 0xFF1A || c == 0xFF1B || c == 0xFF1F || c >= 0x1F000;
}

// Soft hyphen and zero-width characters, also inside a word.
bool isInvisible(char32_t c) { return c == 0xAD || (c >= 0x200B && c <= 0x200D) || c == 0x2060; }

char32_t folded(char32_t c) {
  if (c >= 0xFF21 && c <= 0xFF5A) c -= 0xFEE0;  // full-width letters
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;  // Ä, Ö, Ü
  return c;
}

void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += '?';  // no word of ours has such a letter
  }
}

// A letter followed by a combining diaeresis is the letter with its own code point.
void compose(std::string& word) {
  for (const auto& [plain, umlaut] : {std::pair('a', "ä"), {'o', "ö"}, {'u', "ü"}}) {
    if (word.empty() || word.back() != plain) continue;
    word.pop_back();
    word += umlaut;
    return;
  }
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  bool inWord = false;
  utf8::walk(text, [&](std::string_view character) {
    const char32_t c = folded(utf8::codePoint(character));
    if (isInvisible(c)) return;
    if (c == 0x308 && inWord) return compose(out.back());
    const bool starts = !std::exchange(inWord, !isDecoration(c));
    if (!inWord) return;
    if (starts) out.emplace_back();
    append(out.back(), c);
  });
  return out;
}

bool isStopSign(std::string_view text) {
  bool seen = false;
  utf8::walk(text, [&](std::string_view character) {
    seen = seen || utf8::codePoint(character) == kStopSign;
  });
  return seen;
}

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

bool isOptOut(std::string_view text) {
  constexpr std::size_t kLongest = 200;  // bytes; longer is a letter, not a word
  if (text.size() > kLongest) return false;
  const std::vector<std::string> all = words(text);
  if (all.empty()) return isStopSign(text);
  std::string joined;
  for (const std::string& word : all) joined += (joined.empty() ? "" : " ") + word;
  if (contains(kPhrases, joined)) return true;
  return std::any_of(all.begin(), all.end(), [](const auto& w) { return contains(kWords, w); }) &&
         std::all_of(all.begin(), all.end(),
                     [](const auto& w) { return contains(kWords, w) || contains(kPolite, w); });
}

std::string stopPayload(std::int64_t campaignId) { return "stop:c" + std::to_string(campaignId); }

bool isStopPayload(std::string_view payload) {
  return payload == "stop" || payload.starts_with("stop:");
}

bool asksToStop(const InboundMessage& message) {
  if (isStopPayload(message.payload)) return true;
  // A button of a dialogue says what we made it say: "Cancel" there may end an order.
  if (message.type == "interactive") return false;
  return isOptOut(message.payload) || isOptOut(message.text);
}

}  // namespace clipcourier::channels
