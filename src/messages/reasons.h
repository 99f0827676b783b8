#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/words.h"
#include "channels/channel.h"

// Why a message waits, failed or was skipped: codes are stored, sentences are made of them when
// somebody looks. A sentence says what happened and what to do.
namespace clipcourier::messages {

// The sentence of a code of ours ("no_consent", "variable_missing:model"); none for others.
std::optional<Words> reasonWords(std::string_view code);

// The sentence of any code: ours, the channel's number ("131026"), or an operator's own words,
// which stay as they are. `channel` may be null.
Words explain(const std::string& code, const channels::Channel* channel);

// What to think of a message whose answer was lost.
Words explainUnknown(bool probablyNeverSent);

}  // namespace clipcourier::messages
