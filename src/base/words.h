#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace clipcourier {

// One sentence for people, in the languages we speak. JSON: {"de": "...", "en": "..."}.
struct Words {
  std::string de, en;
  friend bool operator==(const Words&, const Words&) = default;
};

void to_json(nlohmann::json& json, const Words& words);
void from_json(const nlohmann::json& json, Words& words);

}  // namespace clipcourier
