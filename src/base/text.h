#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Text from outside: checks and clean-up that several modules need.
namespace clipcourier::text {

bool isUtf8(std::string_view s);       // well-formed by Unicode 15 table 3-7, no NUL
std::string trim(std::string_view s);  // without ASCII white space and no-break spaces at both ends
std::string lower(std::string_view s);                               // ASCII only
std::vector<std::string> split(std::string_view s, char separator);  // "" gives {""}
// At most `maxBytes`, never cutting a UTF-8 sequence.
std::string truncate(std::string_view s, std::size_t maxBytes);

// "de", "de-DE", "de_DE" → "de"; none when the text is not a language tag. Lower case.
std::optional<std::string> language(std::string_view tag);

}  // namespace clipcourier::text
