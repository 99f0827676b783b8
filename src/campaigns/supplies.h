#pragma once

#include "db/database.h"
#include "messages/dispatcher.h"
#include "senders/sender_directory.h"

namespace clipcourier::campaigns {

// Gathers what a lane's messages need, or the reason why they wait: "sender_unavailable",
// "content_missing", "template_not_approved", "template_held", "media_missing". What one language
// lacks makes that language wait, and the lane only when it is so with all. Reads only: media
// ids are made at launch and renewed by jobs. Borrows its arguments; thread-safe.
messages::SupplySource supplySource(
    db::Database& database, senders::SenderDirectory& senders, const Clock& clock,
    std::function<void(SenderId, const std::string& sha256)> wantMedia);

}  // namespace clipcourier::campaigns
