#include "alerts/alert_repository.h"

namespace clipcourier::alerts {
namespace {

namespace sql {
#define SELECT_ALERTS                                                              \
  "SELECT id, kind, subject, severity, code, count, since_ms, seen_ms, until_ms, " \
  "acknowledged_by, acknowledged_at_ms FROM alerts "
constexpr auto open = SELECT_ALERTS "WHERE until_ms IS NULL ORDER BY id";
constexpr auto openBefore =
    SELECT_ALERTS "WHERE until_ms IS NULL AND id < $1 ORDER BY id DESC LIMIT $2";
constexpr auto before = SELECT_ALERTS "WHERE id < $1 ORDER BY id DESC LIMIT $2";
constexpr auto find = SELECT_ALERTS "WHERE id = $1";
constexpr auto add = R"sql(
  INSERT INTO alerts (kind, subject, severity, code, count, since_ms, seen_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $6)
  ON CONFLICT (kind, subject) WHERE until_ms IS NULL DO NOTHING)sql";
constexpr auto seen = R"sql(
  UPDATE alerts SET severity = $1, code = $2, count = $3, seen_ms = $4
  WHERE id = $5 AND until_ms IS NULL)sql";
constexpr auto close = "UPDATE alerts SET until_ms = $1 WHERE id = $2 AND until_ms IS NULL";
constexpr auto acknowledge = R"sql(
  UPDATE alerts SET acknowledged_by = $1, acknowledged_at_ms = $2
  WHERE id = $3 AND acknowledged_by IS NULL)sql";
}  // namespace sql

template <class... Args>
std::vector<Alert> select(db::Connection& db, const char* statement, const Args&... args) {
  using Text = std::string;
  using Time = std::optional<TimePoint>;
  std::vector<Alert> alerts;
  for (auto& [id, kind, subject, severity, code, count, since, seen, until, by, at] :
       db.query<AlertId, Text, Text, Text, Text, std::int64_t, TimePoint, TimePoint, Time, Text,
                Time>(statement, args...)) {
    Alert alert;
    static_cast<Signal&>(alert) = {kind, subject, severity == "critical", code, count};
    alert.id = id;
    alert.since = since;
    alert.seen = seen;
    alert.until = until;
    alert.acknowledgedBy = by;
    alert.acknowledgedAt = at;
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

const char* severityOf(const Signal& signal) { return signal.critical ? "critical" : "warning"; }

}  // namespace

std::vector<Alert> AlertRepository::open() { return select(db_, sql::open); }

std::vector<Alert> AlertRepository::list(bool openOnly, AlertId before, int limit) {
  if (before.value == 0) before.value = INT64_MAX;
  return select(db_, openOnly ? sql::openBefore : sql::before, before, limit);
}

std::optional<Alert> AlertRepository::find(AlertId id) {
  auto found = select(db_, sql::find, id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

bool AlertRepository::add(const Signal& signal, TimePoint now) {
  return db_.run(sql::add, signal.kind, signal.subject, severityOf(signal), signal.code,
                 signal.count, now) > 0;
}

void AlertRepository::seenAgain(AlertId id, const Signal& signal, TimePoint now) {
  db_.run(sql::seen, severityOf(signal), signal.code, signal.count, now, id);
}

void AlertRepository::close(AlertId id, TimePoint now) { db_.run(sql::close, now, id); }

bool AlertRepository::acknowledge(AlertId id, const std::string& by, TimePoint now) {
  return db_.run(sql::acknowledge, by, now, id) > 0;
}

}  // namespace clipcourier::alerts
