#include "messages/session_sender.h"

#include "base/error.h"

namespace clipcourier::messages {
namespace {

using namespace std::chrono_literals;

constexpr int kAtOnce = 50;
constexpr Millis kAgain = 10s;
constexpr Millis kTimeout = 30s;

SessionResult resultOf(SessionMessageId id, const channels::SendOutcome& outcome, TimePoint now) {
  SessionResult result;
  result.id = id;
  if (const auto* accepted = std::get_if<channels::Accepted>(&outcome)) {
    result.state = MessageState::accepted;
    result.providerId = accepted->providerMessageId;
  } else if (const auto* later = std::get_if<channels::TryLater>(&outcome)) {
    result.state = MessageState::queued;  // until its day is over
    result.code = later->code == 0 ? "not_reached" : std::to_string(later->code);
    result.dueAt = now + std::max(later->after, kAgain);
  } else if (const auto* refused = std::get_if<channels::Refused>(&outcome)) {
    result.state = MessageState::failed;
    result.code = refused->code == 0 ? "not_sendable" : std::to_string(refused->code);
  } else {
    result.code = "reply_lost";
  }
  return result;
}

}  // namespace

int SessionSender::runOnce() {
  recordAnswers();
  const bool waits = db_.read([](db::Connection& c) {
    return c
        .scalar<std::int64_t>(
            "SELECT 1 FROM session_messages WHERE state IN ('queued', 'sending') LIMIT 1")
        .has_value();
  });
  if (!waits) return 0;
  const auto begun = db_.write([&](db::Transaction& tx) {
    SessionOutbox outbox(tx);
    outbox.settle(clock_.now());
    return outbox.begin(clock_.now(), kAtOnce);
  });
  for (const SessionDue& due : begun) send(due);
  return static_cast<int>(begun.size());
}

void SessionSender::send(const SessionDue& due) {
  try {
    const auto sender = senders_.get(due.sender);
    channels::SessionMessage message;
    (due.address.starts_with('+') ? message.to : message.recipient) = due.address;
    message.text = due.text;
    message.opaque = SessionOutbox::opaque(due.id);
    net::HttpRequest request = sender->channel->sessionRequest(sender->account, message);
    request.timeout = kTimeout;
    http_.send(std::move(request),
               [this, id = due.id, channel = sender->channel](net::HttpResponse response) {
                 keep(resultOf(id, channel->outcome(response), clock_.now()));
               });
  } catch (const Error& error) {  // no request was made, so surely nothing was sent
    const bool passes = error.kind() != ErrorKind::invalidInput;
    keep({due.id, passes ? MessageState::queued : MessageState::failed, "",
          passes ? "sender_unavailable" : "not_sendable", clock_.now() + kAgain});
  }
}

void SessionSender::keep(SessionResult result) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(result));
}

// Should the database be away, they are recorded with the next; should we die, they are unknown.
void SessionSender::recordAnswers() {
  std::vector<SessionResult> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  if (answers.empty()) return;
  try {
    db_.write([&](db::Transaction& tx) { SessionOutbox(tx).record(answers, clock_.now()); });
  } catch (const std::exception&) {
    const std::lock_guard lock(mutex_);
    answers_.insert(answers_.end(), answers.begin(), answers.end());
    throw;
  }
}

}  // namespace clipcourier::messages
