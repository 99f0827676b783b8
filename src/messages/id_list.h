#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "base/id.h"

namespace clipcourier::messages {

// "[1,2,3]" for db::forBatch's {ids}.
template <class Tag>
std::string idList(const std::vector<Id<Tag>>& ids) {
  nlohmann::json list = nlohmann::json::array();
  for (const Id<Tag> id : ids) list.push_back(id.value);
  return list.dump();
}

}  // namespace clipcourier::messages
