#include "http/language.h"

#include "base/text.h"

namespace clipcourier::http {

std::optional<std::string> acceptedLanguage(const Request& request) {
  for (const std::string& choice :
       text::split(request.header("accept-language").value_or(""), ',')) {
    const auto language = text::language(text::trim(choice.substr(0, choice.find(';'))));
    if (language == "de" || language == "en") return language;
  }
  return std::nullopt;
}

}  // namespace clipcourier::http
