#pragma once

#include <string_view>
#include <vector>

#include "channels/channel.h"

namespace clipcourier::channels {

// The channels there are: values without state, alive as long as the program. To add one, write its
// folder beside whatsapp/ and name it here.
const std::vector<const Channel*>& all();
const Channel* find(std::string_view name);  // null when there is none of that name
const Channel& get(std::string_view name);   // throws Error(invalidInput) naming those there are

}  // namespace clipcourier::channels
