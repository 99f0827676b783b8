#include "base/words.h"

#include <nlohmann/json.hpp>

namespace clipcourier {

void to_json(nlohmann::json& json, const Words& words) {
  json = {{"de", words.de}, {"en", words.en}};
}

void from_json(const nlohmann::json& json, Words& words) {
  words = {json.value("de", std::string()), json.value("en", std::string())};
}

}  // namespace clipcourier
