#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "db/connection.h"

namespace clipcourier::users {

struct AuditEntry {
  std::int64_t id = 0;
  TimePoint at;
  Actor actor;
  std::string action;      // "campaign.launch"
  std::string objectType;  // "campaign"
  std::string objectId;
  std::string details;  // a JSON object
};

// One row for every change somebody made, written in the transaction of the change: both are there
// or neither. Details hold what changed, never personal data, tokens or message texts. Rows are
// only ever added.
class AuditLog {
 public:
  explicit AuditLog(const Clock& clock) : clock_(clock) {}

  void record(db::Transaction& tx, const Actor& actor, std::string_view action,
              std::string_view objectType, std::string_view objectId,
              const nlohmann::json& details) const;
  void record(db::Transaction& tx, const Actor& actor, std::string_view action,
              std::string_view objectType, std::int64_t objectId,
              const nlohmann::json& details) const;

  // Newest first; `beforeId` 0 begins at the newest.
  static std::vector<AuditEntry> list(db::Connection& connection, std::int64_t beforeId, int limit);

 private:
  const Clock& clock_;
};

}  // namespace clipcourier::users
