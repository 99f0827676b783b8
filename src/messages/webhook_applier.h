#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "channels/channel.h"
#include "messages/inbound_applier.h"
#include "messages/receipt_applier.h"
#include "messages/sender_event_applier.h"
#include "messages/webhook_inbox.h"
#include "messages/webhook_unknowns.h"

namespace clipcourier::messages {

// Gives stored webhooks their effect, many in one commit. One that cannot be applied is applied
// part by part, so that a single bad part takes nothing with it; then it is tried again alone,
// later and later, and at last set aside with its reason. It never blocks the others. Parts of a
// kind we do not know are counted, and their webhook is marked.
//
// start() runs it on a thread of its own; wake() after storing makes it prompt, and it looks by
// itself now and then. Borrows its arguments; thread-safe.
class WebhookApplier {
 public:
  using Log = std::function<void(const std::string& event, int count)>;
  WebhookApplier(db::Database& database, const channels::Channel& channel,
                 const ReceiptApplier& receipts, const InboundApplier& inbound,
                 const SenderEventApplier& senderEvents, const OptOut& optOut, const Clock& clock,
                 Log log);
  ~WebhookApplier();

  void start();
  void stop();  // finishes the batch at hand
  void wake();
  // Applies what waits now, at most one batch. Returns how many webhooks it took.
  int runOnce();

 private:
  struct Parsed {
    StoredWebhook webhook;
    std::vector<channels::WebhookEvent> events;
    std::string malformed;  // why it cannot be read; then it has no events
  };
  void loop();
  std::vector<Parsed> take();
  void applyTogether(const std::vector<Parsed>& batch);
  void applyAlone(const Parsed& one);
  void applyInParts(const Parsed& one, const std::string& why, bool passes);
  void putOff(const Parsed& one, const std::string& why, bool passes);
  void apply(db::Transaction& tx, const channels::WebhookEvent& event,
             std::vector<channels::StatusEvent>& statuses) const;
  void finish(db::Transaction& tx, const Parsed& one, WebhookUnknowns& unknowns) const;
  void applyStatuses(db::Transaction& tx, const std::vector<channels::StatusEvent>& statuses) const;

  db::Database& db_;
  WebhookInbox inbox_;
  const channels::Channel& channel_;
  const ReceiptApplier& receipts_;
  const InboundApplier& inbound_;
  const SenderEventApplier& senderEvents_;
  const OptOut& optOut_;
  const Clock& clock_;
  Log log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace clipcourier::messages
