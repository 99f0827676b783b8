#include "messages/webhook_applier.h"

#include <algorithm>

#include "base/error.h"
#include "base/thread_name.h"
#include "messages/session_outbox.h"

namespace clipcourier::messages {
namespace {

constexpr int kMostTogether = 200;
constexpr std::size_t kMostEventsTogether = 400;  // keeps the commit short: others write too
constexpr Millis kLookAgain{250};
constexpr int kMostTries = 8;
constexpr Millis kFirstDelay{2'000};

}  // namespace

WebhookApplier::WebhookApplier(db::Database& database, const channels::Channel& channel,
                               const ReceiptApplier& receipts, const InboundApplier& inbound,
                               const SenderEventApplier& senderEvents, const OptOut& optOut,
                               const Clock& clock, Log log)
    : db_(database),
      inbox_(database),
      channel_(channel),
      receipts_(receipts),
      inbound_(inbound),
      senderEvents_(senderEvents),
      optOut_(optOut),
      clock_(clock),
      log_(std::move(log)) {}

WebhookApplier::~WebhookApplier() { stop(); }

void WebhookApplier::start() {
  thread_ = std::thread([this] { loop(); });
}

void WebhookApplier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void WebhookApplier::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void WebhookApplier::loop() {
  nameThread("apply-webhooks");
  for (;;) {
    int taken = 0;
    try {
      taken = runOnce();
    } catch (const std::exception& e) {  // the database is away: the rows stay, and so do we
      log_(std::string("webhooks wait: ") + e.what(), 0);
    }
    std::unique_lock lock(mutex_);
    if (taken == 0) wake_.wait_for(lock, kLookAgain, [this] { return woken_ || stopping_; });
    woken_ = false;
    if (stopping_) return;
  }
}

int WebhookApplier::runOnce() {
  const std::vector<Parsed> batch = take();
  if (batch.empty()) return 0;
  try {
    applyTogether(batch);
  } catch (const std::exception&) {  // one of them is to blame: find out which
    for (const Parsed& one : batch) applyAlone(one);
  }
  return static_cast<int>(batch.size());
}

std::vector<WebhookApplier::Parsed> WebhookApplier::take() {
  std::vector<Parsed> batch;
  std::size_t events = 0;
  for (StoredWebhook& webhook :
       inbox_.waiting(std::string(channel_.name()), clock_.now(), kMostTogether)) {
    Parsed parsed{std::move(webhook), {}, ""};
    try {
      parsed.events = channel_.parseWebhook(parsed.webhook.body);
    } catch (const Error& e) {
      parsed.malformed = e.what();
    } catch (const std::exception&) {  // its words may hold contents
      parsed.malformed = "the webhook cannot be read";
    }
    events += parsed.events.size();
    batch.push_back(std::move(parsed));
    if (events >= kMostEventsTogether) break;
  }
  return batch;
}

void WebhookApplier::applyTogether(const std::vector<Parsed>& batch) {
  std::vector<WebhookId> ids;
  for (const Parsed& one : batch) ids.push_back(one.webhook.id);
  db_.write([&](db::Transaction& tx) {
    const std::vector<WebhookId> ours = WebhookInbox::lock(tx, ids);
    const std::set<WebhookId> mine(ours.begin(), ours.end());
    std::vector<channels::StatusEvent> statuses;
    std::vector<WebhookId> applied;
    WebhookUnknowns unknowns{std::string(channel_.name())};
    for (const Parsed& one : batch) {
      if (!mine.contains(one.webhook.id)) continue;
      finish(tx, one, unknowns);
      if (!one.malformed.empty()) {
        WebhookInbox::markFailed(tx, one.webhook.id, one.malformed, std::nullopt);
        continue;
      }
      for (const channels::WebhookEvent& event : one.events) apply(tx, event, statuses);
      applied.push_back(one.webhook.id);
    }
    applyStatuses(tx, statuses);
    WebhookInbox::markApplied(tx, applied, clock_.now());
    unknowns.write(tx, clock_.now());
  });
}

// What is counted once, when the webhook is done.
void WebhookApplier::finish(db::Transaction& tx, const Parsed& one,
                            WebhookUnknowns& unknowns) const {
  if (!one.malformed.empty()) unknowns.add("", "", "malformed");
  int parts = 0;
  for (const channels::WebhookEvent& event : one.events) {
    unknowns.add(event);
    if (WebhookUnknowns::isUnknown(event)) ++parts;
  }
  if (parts > 0) WebhookInbox::markUnknown(tx, one.webhook.id, parts);
}

void WebhookApplier::applyAlone(const Parsed& one) {
  try {
    applyTogether({one});
  } catch (const Error& e) {
    // A full disk or a busy database is not the webhook's fault, and passes.
    applyInParts(one, e.what(), isTemporary(e));
  } catch (const std::exception&) {
    applyInParts(one, "the webhook cannot be applied", false);
  }
}

// Every part can be applied again without harm, so that the next try may repeat those that went
// well.
void WebhookApplier::applyInParts(const Parsed& one, const std::string& why, bool passes) {
  if (passes || one.events.size() < 2) return putOff(one, why, passes);
  for (const channels::WebhookEvent& event : one.events) {
    try {
      db_.write([&](db::Transaction& tx) {
        std::vector<channels::StatusEvent> statuses;
        apply(tx, event, statuses);
        applyStatuses(tx, statuses);
      });
    } catch (const std::exception&) {  // this is the one, or one of them
    }
  }
  putOff(one, why, passes);
}

void WebhookApplier::putOff(const Parsed& one, const std::string& why, bool passes) {
  const int tries = std::min(one.webhook.attempts + 1, kMostTries);
  const bool again = passes || tries < kMostTries;
  db_.write([&](db::Transaction& tx) {
    const auto due =
        again ? std::optional(clock_.now() + kFirstDelay * (1 << tries)) : std::nullopt;
    WebhookInbox::markFailed(tx, one.webhook.id, why, due);
    if (again) return;
    WebhookUnknowns unknowns{std::string(channel_.name())};
    finish(tx, one, unknowns);
    unknowns.write(tx, clock_.now());
  });
  log_(again ? "webhook.retry" : "webhook.set_aside", 1);
}

// Statuses are collected: they are applied together.
void WebhookApplier::apply(db::Transaction& tx, const channels::WebhookEvent& event,
                           std::vector<channels::StatusEvent>& statuses) const {
  InboundSummary summary;
  if (const auto* status = std::get_if<channels::StatusEvent>(&event.what))
    statuses.push_back(*status);
  else if (const auto* message = std::get_if<channels::InboundMessage>(&event.what))
    inbound_.apply(tx, event, *message, clock_.now(), summary);
  else if (const auto* preference = std::get_if<channels::PreferenceEvent>(&event.what))
    inbound_.apply(tx, *preference, clock_.now(), summary);
  else if (const auto* changed = std::get_if<channels::NumberChanged>(&event.what))
    inbound_.apply(tx, *changed, clock_.now(), summary);
  else if (const auto* user = std::get_if<channels::UserIdChanged>(&event.what))
    inbound_.apply(tx, *user, clock_.now());
  else
    senderEvents_.apply(tx, event, clock_.now());
}

void WebhookApplier::applyStatuses(db::Transaction& tx,
                                   const std::vector<channels::StatusEvent>& statuses) const {
  const ReceiptSummary summary = receipts_.apply(tx, statuses, clock_.now());
  if (summary.unmatched > 0) SessionOutbox(tx).apply(statuses, clock_.now());
  for (const auto& [customer, at] : summary.optedOut)
    optOut_.apply(
        tx, customer, std::string(channel_.name()),
        {"provider_error", std::string(channel_.name()), "the provider reports an opt-out"}, at,
        clock_.now());
}

}  // namespace clipcourier::messages
