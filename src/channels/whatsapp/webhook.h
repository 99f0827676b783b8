#pragma once

#include <vector>

#include "channels/webhook_event.h"
#include "channels/whatsapp/json.h"

// Private to this folder: reading one change of a webhook.
namespace clipcourier::channels::whatsapp {

// Collects the events of one change, so that each carries where it came from and a key.
class ChangeEvents {
 public:
  ChangeEvents(const Json& entry, const Json& change, std::vector<WebhookEvent>& out);

  const Json& value() const { return value_; }
  const std::string& field() const { return field_; }
  // `key` names the event itself ("status:wamid.x:read"); without one the change's content does.
  template <class What>
  void add(What what, std::string key = {}) {
    if (key.empty()) key = contentKey();
    WebhookEvent event{field_, businessId_, numberId_, at_, std::move(key), std::move(what)};
    out_.push_back(std::move(event));
  }
  void addUnknown(const char* why, const Json& json, const std::string& kind = {}) {
    add(UnknownEvent{why, dump(json), kind});
  }

 private:
  std::string contentKey();

  const Json& value_;
  std::vector<WebhookEvent>& out_;
  std::string field_, businessId_, numberId_;
  TimePoint at_;
  std::string hash_;  // of the content; made when first needed
  int counted_ = 0;
};

void readMessagesField(ChangeEvents& events);                   // webhook_messages.cpp
bool readOtherField(ChangeEvents& events, const Json& change);  // false: a field we do not know

}  // namespace clipcourier::channels::whatsapp
