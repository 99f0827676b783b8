#include "users/audit_log.h"

#include <nlohmann/json.hpp>

namespace clipcourier::users {
namespace sql {

constexpr auto add = R"sql(
  INSERT INTO audit_log (at_ms, actor_kind, actor_id, request_id, action, object_type, object_id, details)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8))sql";

constexpr auto list = R"sql(
  SELECT id, at_ms, actor_kind, actor_id, request_id, action, object_type, object_id, details
  FROM audit_log WHERE id < $1 ORDER BY id DESC LIMIT $2)sql";

}  // namespace sql

void AuditLog::record(db::Transaction& tx, const Actor& actor, std::string_view action,
                      std::string_view objectType, std::string_view objectId,
                      const nlohmann::json& details) const {
  const nlohmann::json object = details.is_null() ? nlohmann::json::object() : details;
  tx.run(sql::add, clock_.now(), actor.kind, actor.id, actor.requestId, std::string(action),
         std::string(objectType), std::string(objectId), object.dump());
}

void AuditLog::record(db::Transaction& tx, const Actor& actor, std::string_view action,
                      std::string_view objectType, std::int64_t objectId,
                      const nlohmann::json& details) const {
  record(tx, actor, action, objectType, std::to_string(objectId), details);
}

std::vector<AuditEntry> AuditLog::list(db::Connection& connection, std::int64_t beforeId,
                                       int limit) {
  using std::string;
  std::vector<AuditEntry> entries;
  const std::int64_t before = beforeId > 0 ? beforeId : INT64_MAX;
  for (auto& [id, at, kind, actorId, requestId, action, type, object, details] :
       connection
           .query<std::int64_t, TimePoint, string, string, string, string, string, string, string>(
               sql::list, before, limit)) {
    entries.push_back({id, at, {kind, actorId, requestId}, action, type, object, details});
  }
  return entries;
}

}  // namespace clipcourier::users
