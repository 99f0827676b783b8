#pragma once

#include <string_view>

// Walking through UTF-8 that may be broken.
namespace clipcourier::channels::utf8 {

// Length of the well-formed sequence at the front of a text that is not empty; 0 when it is broken.
std::size_t sequenceLength(std::string_view s);
// The code point of a well-formed sequence.
char32_t codePoint(std::string_view sequence);

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Calls each(sequence) for every character; broken bytes come as kReplacement, one for each.
template <class Each>
void walk(std::string_view s, Each&& each) {
  while (!s.empty()) {
    const std::size_t length = sequenceLength(s);
    each(length > 0 ? s.substr(0, length) : kReplacement);
    s.remove_prefix(length > 0 ? length : 1);
  }
}

}  // namespace clipcourier::channels::utf8
