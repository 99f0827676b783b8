#pragma once

#include <optional>
#include <string>

#include "http/request.h"

namespace clipcourier::http {

// "de" or "en": the first of Accept-Language that we speak.
std::optional<std::string> acceptedLanguage(const Request& request);

}  // namespace clipcourier::http
