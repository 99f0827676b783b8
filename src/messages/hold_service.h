#pragma once

#include <functional>

#include "base/actor.h"
#include "db/database.h"
#include "messages/holds.h"
#include "users/audit_log.h"

namespace clipcourier::messages {

// Holds that people set and release, each with its audit row. Borrows its arguments; thread-safe.
class HoldService {
 public:
  // `wakeDispatcher` is called when messages may have become sendable.
  HoldService(db::Database& database, const users::AuditLog& audit, const Clock& clock,
              std::function<void()> wakeDispatcher);

  // Holds a scope; one that is held already gets this reason and end. Of `hold`, heldBy and since
  // are filled in. Throws Error(invalidInput) for an end that is past, Error(notFound) when there
  // is no such campaign, sender or channel.
  Hold hold(Hold hold, const Actor& actor);
  void release(const std::string& scope, const std::string& key, const Actor& actor);  // notFound

 private:
  db::Database& database_;
  const users::AuditLog& audit_;
  const Clock& clock_;
  std::function<void()> wakeDispatcher_;
};

}  // namespace clipcourier::messages
