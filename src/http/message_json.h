#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "messages/message.h"
#include "messages/queue_overview.h"
#include "messages/resolution.h"
#include "users/scope.h"

// How messages and the send queue look in the API.
namespace clipcourier::http {

// Without the scope customers:read an address is masked: "+49…567".
nlohmann::json toJson(const messages::Message& message, bool probablyNeverSent,
                      const users::Scopes& scopes);
// `channel` names the one whose error codes are explained.
nlohmann::json toJson(const messages::Attempt& attempt, const std::string& channel);
nlohmann::json toJson(const messages::MessageEvent& event, const std::string& channel);
nlohmann::json toJson(const messages::Hold& hold);
nlohmann::json toJson(const messages::CampaignWait& wait, const std::string& channel);
nlohmann::json toJson(const messages::CampaignQueue& queue);
nlohmann::json toJson(const messages::SenderQueue& queue);
// {"per_second": 20, "since": ..., "reason": ...}, or null.
nlohmann::json toJson(const std::optional<messages::SenderLimit>& limit,
                      const std::string& channel);
nlohmann::json toJson(const messages::Resolution& resolution);

// The key of a hold as one segment of a path: "all" for everything, and ':' for the slashes of a
// template's, "7:news:de".
std::string pathKey(const std::string& scope, const std::string& key);
std::string keyOfPath(const std::string& scope, const std::string& pathKey);

}  // namespace clipcourier::http
