#pragma once

#include <optional>
#include <vector>

#include "alerts/alert.h"
#include "db/connection.h"

namespace clipcourier::alerts {

class AlertRepository {
 public:
  explicit AlertRepository(db::Connection& connection) : db_(connection) {}

  std::vector<Alert> open();
  // Newest first; `openOnly`: only what is still so.
  std::vector<Alert> list(bool openOnly, AlertId before, int limit);
  std::optional<Alert> find(AlertId id);
  // False when there is an open one of that kind and subject already.
  bool add(const Signal& signal, TimePoint now);
  void seenAgain(AlertId id, const Signal& signal, TimePoint now);
  void close(AlertId id, TimePoint now);
  // The first who does it stays; false when somebody has.
  bool acknowledge(AlertId id, const std::string& by, TimePoint now);

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::alerts
