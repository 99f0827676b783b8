#pragma once

#include <optional>

#include "channels/template.h"
#include "channels/whatsapp/json.h"

// Private to this folder.
namespace clipcourier::channels::whatsapp {

// A template as the provider lists it; none without id, name or language.
std::optional<Template> readTemplate(const Json& json);

}  // namespace clipcourier::channels::whatsapp
