#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "db/database.h"
#include "http/route.h"
#include "messages/message_repository.h"
#include "messages/watch_token.h"

namespace clipcourier::http {

// What the dispatcher of this node knows of why campaigns wait; Dispatcher::waiting().
using SupplyWaits = std::function<std::map<CampaignId, std::string>()>;

struct MessageViewSettings {
  std::string publicUrl = "http://localhost";  // without a slash at the end
  Millis patience{600'000};  // after it an unknown message may be called "probably never sent"
};

// /api/v1/messages: what became of each message, and why.
//
// An address is masked without the scope customers:read. The link of a watch page is personal, and
// whoever opens it counts as the customer; it needs messages:write.
class MessageEndpoints {
 public:
  // Borrows its arguments; they must outlive its routes.
  MessageEndpoints(db::Database& database, const messages::WatchToken& tokens, const Clock& clock,
                   SupplyWaits supplyWaits, MessageViewSettings settings);

  std::vector<Route> routes();

 private:
  Reply list(Request& request) const;
  Reply show(Request& request) const;
  Reply timeline(Request& request) const;
  nlohmann::json itemsOf(db::Connection& connection, const std::vector<messages::Message>& messages,
                         const users::Scopes& scopes) const;
  nlohmann::json waitsOf(db::Connection& connection, const messages::Message& message) const;

  db::Database& database_;
  const messages::WatchToken& tokens_;
  const Clock& clock_;
  const SupplyWaits supplyWaits_;
  const MessageViewSettings settings_;
};

}  // namespace clipcourier::http
