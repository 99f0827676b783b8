#pragma once

#include <string>
#include <string_view>

#include "channels/channel.h"
#include "db/connection.h"
#include "messages/attempt_token.h"

namespace clipcourier::messages {

// An attempt failed because the provider has no use for the file under its id (expired, unknown,
// damaged): the id is given up, so that the clip is uploaded anew while its messages wait. False
// when that would not help: the error is about something else, the message has been tried often
// enough, or new uploads of the same clip failed too. Then the campaign is held: its other messages
// would fare the same.
bool healMedia(db::Transaction& tx, const channels::Channel& channel, AttemptRef attempt, int code,
               std::string_view text, TimePoint now);

}  // namespace clipcourier::messages
