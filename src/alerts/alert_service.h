#pragma once

#include <functional>
#include <vector>

#include "alerts/alert_repository.h"
#include "alerts/signals.h"
#include "base/actor.h"
#include "db/database.h"
#include "users/audit_log.h"

namespace clipcourier::alerts {

// Opens an alert when something begins to be wrong, and closes it when that is over. Several nodes
// may do it; each alert is opened once. Borrows its arguments; thread-safe.
class AlertService {
 public:
  // Called after an alert was opened ("alert.opened") or closed ("alert.closed").
  using Log = std::function<void(const std::string& event, const Alert& alert)>;
  AlertService(db::Database& database, const users::AuditLog& audit, const Clock& clock,
               AlertSettings settings, Log log);

  void check();  // to be called every few seconds
  std::vector<Alert> list(bool openOnly, AlertId before, int limit) const;
  // Somebody has seen it and takes care; throws Error(notFound). Again changes nothing.
  Alert acknowledge(AlertId id, const Actor& actor);

 private:
  db::Database& database_;
  const users::AuditLog& audit_;
  const Clock& clock_;
  const AlertSettings settings_;
  const Log log_;
};

}  // namespace clipcourier::alerts
