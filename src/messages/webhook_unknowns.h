#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "channels/webhook_event.h"
#include "db/connection.h"

namespace clipcourier::messages {

// A kind of webhook part that we do not know, and how often it came. Holds the provider's names, no
// contents.
struct WebhookUnknown {
  std::string channel, field, kind;
  std::string why;  // "field", "type", "status", "malformed", "error"
  std::int64_t seen = 0;
  TimePoint firstAt, lastAt;
};

// Collects what one transaction counts; write() adds it to the table webhook_unknowns. The names
// come from outside: what does not look like one is counted as "other", and so is every new kind
// once there are kMostKinds.
class WebhookUnknowns {
 public:
  static constexpr int kMostKinds = 500;

  explicit WebhookUnknowns(std::string channel) : channel_(std::move(channel)) {}
  void add(const channels::WebhookEvent& event);  // does nothing for one that is known
  void add(const std::string& field, const std::string& kind, const std::string& why);
  void write(db::Transaction& tx, TimePoint now);
  static bool isUnknown(const channels::WebhookEvent& event);
  static std::vector<WebhookUnknown> list(db::Connection& connection);

 private:
  using Kind = std::tuple<std::string, std::string, std::string>;  // field, kind, why
  std::string channel_;
  std::map<Kind, std::int64_t> counts_;
};

}  // namespace clipcourier::messages
