#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

// Private to this folder: reads JSON from outside without ever trusting its shape.
namespace clipcourier::channels::whatsapp {

using Json = nlohmann::json;

// The document, or a discarded value when the text is not JSON or nested too deeply to be handled
// safely. Broken UTF-8 and lone surrogates are replaced, so that one bad letter spoils nothing
// else.
Json parseJson(std::string_view text);

// A member of an object; a null value when it is absent or `of` is no object.
const Json& member(const Json& of, const char* key);
// The same, as an array; an empty one when it is something else.
const Json& list(const Json& of, const char* key);
// A text or a whole number, as text; empty when it is something else.
std::string text(const Json& value);
std::string text(const Json& of, const char* key);
// A whole number, also when it is written as a text; none when it is something else.
std::optional<std::int64_t> number(const Json& value);
// Unix seconds, as number or text; the epoch when it is none.
TimePoint time(const Json& value);

std::string dump(const Json& value);
std::string percentEncode(std::string_view text);  // all but RFC 3986 unreserved characters

}  // namespace clipcourier::channels::whatsapp
