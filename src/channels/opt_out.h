#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "channels/webhook_event.h"

namespace clipcourier::channels {

// True when the whole message is a word to stop, in German or English: case, surrounding white
// space, punctuation and emoji do not count. "Stopp!" is one, "stop sending so late" is not.
bool isOptOut(std::string_view text);

// The payload of our "Abmelden" button, and the campaign it names: "stop:c42".
std::string stopPayload(std::int64_t campaignId);
bool isStopPayload(std::string_view payload);

// A word to stop, our button, or a template's button whose label is such a word.
bool asksToStop(const InboundMessage& message);

}  // namespace clipcourier::channels
