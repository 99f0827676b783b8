#pragma once

#include <string>

#include "channels/webhook_event.h"
#include "db/connection.h"
#include "senders/sender.h"

namespace clipcourier::messages {

// Holds a template's messages while it cannot be sent or people dislike it (quality RED), and
// releases what was held so. A person's hold is left alone.
void settleTemplateHold(db::Transaction& tx, const senders::SenderTemplate& now, TimePoint at);

// What a provider tells about our side: templates, numbers, accounts. Rows of templates and senders
// change, and what must not be sent is held in the same transaction. Thread-safe.
class SenderEventApplier {
 public:
  explicit SenderEventApplier(std::string channel) : channel_(std::move(channel)) {}

  // Does nothing for events of other kinds.
  void apply(db::Transaction& tx, const channels::WebhookEvent& event, TimePoint now) const;

 private:
  void on(db::Transaction& tx, const channels::WebhookEvent& of,
          const channels::TemplateStatusEvent& event, TimePoint now) const;
  void on(db::Transaction& tx, const channels::WebhookEvent& of,
          const channels::TemplateQualityEvent& event, TimePoint now) const;
  void on(db::Transaction& tx, const channels::WebhookEvent& of,
          const channels::TemplateChangedEvent& event, TimePoint now) const;
  void on(db::Transaction& tx, const channels::WebhookEvent& of,
          const channels::NumberQualityEvent& event, TimePoint now) const;
  void on(db::Transaction& tx, const channels::WebhookEvent& of,
          const channels::CapabilityEvent& event, TimePoint now) const;
  void on(db::Transaction& tx, const channels::WebhookEvent& of,
          const channels::AccountEvent& event, TimePoint now) const;

  std::string channel_;
};

}  // namespace clipcourier::messages
