#pragma once

#include <functional>

#include "db/database.h"
#include "messages/holds.h"
#include "users/audit_log.h"

namespace clipcourier::messages {

// Ends the holds of refused tokens as soon as the provider takes the token again, found out by a
// question that sends nothing; asked the more rarely the longer it lasts. Borrows its arguments.
class TokenProbe {
 public:
  // Whether the provider takes this sender's token now. May take seconds.
  using Ask = std::function<bool(SenderId)>;
  TokenProbe(db::Database& database, Ask ask, const users::AuditLog& audit, const Clock& clock,
             std::function<void()> wakeDispatcher);

  int runDue();  // to be called every few seconds; returns how many senders may send again

 private:
  bool settle(const Hold& hold, bool works);

  db::Database& database_;
  const Ask ask_;
  const users::AuditLog& audit_;
  const Clock& clock_;
  const std::function<void()> wakeDispatcher_;
};

}  // namespace clipcourier::messages
