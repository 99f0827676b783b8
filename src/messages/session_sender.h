#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "db/database.h"
#include "messages/session_outbox.h"
#include "net/http_engine.h"
#include "senders/sender_directory.h"

namespace clipcourier::messages {

// Sends what is in the session outbox. Borrows its arguments, which must outlive it and the
// requests it made: stop the engine first. Thread-safe.
class SessionSender {
 public:
  SessionSender(db::Database& database, net::HttpEngine& http, senders::SenderDirectory& senders,
                const Clock& clock)
      : db_(database), http_(http), senders_(senders), clock_(clock) {}

  // Records the answers that came since, then begins what is due. To be called every second or so.
  // Returns how many requests began.
  int runOnce();

 private:
  void recordAnswers();
  void send(const SessionDue& due);
  void keep(SessionResult result);

  db::Database& db_;
  net::HttpEngine& http_;
  senders::SenderDirectory& senders_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<SessionResult> answers_;
};

}  // namespace clipcourier::messages
