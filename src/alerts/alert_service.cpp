#include "alerts/alert_service.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::alerts {

AlertService::AlertService(db::Database& database, const users::AuditLog& audit, const Clock& clock,
                           AlertSettings settings, Log log)
    : database_(database),
      audit_(audit),
      clock_(clock),
      settings_(std::move(settings)),
      log_(std::move(log)) {}

void AlertService::check() {
  const TimePoint now = clock_.now();
  const std::vector<Signal> found =
      database_.read([&](db::Connection& c) { return signals(c, settings_, now); });
  using Key = std::pair<std::string, std::string>;
  std::map<Key, const Signal*> wrong;
  for (const Signal& signal : found) wrong.emplace(Key{signal.kind, signal.subject}, &signal);
  struct Changes {
    std::vector<Alert> opened, closed;
  };
  const Changes changes = database_.write([&](db::Transaction& tx) {
    Changes result;
    AlertRepository alerts(tx);
    auto fresh = wrong;
    for (const Alert& alert : alerts.open()) {
      const auto still = fresh.find({alert.kind, alert.subject});
      if (still == fresh.end()) {
        alerts.close(alert.id, now);
        result.closed.push_back(alert);
      } else {
        alerts.seenAgain(alert.id, *still->second, now);
        fresh.erase(still);
      }
    }
    for (const auto& [key, signal] : fresh) {
      if (!alerts.add(*signal, now)) continue;
      Alert alert;
      static_cast<Signal&>(alert) = *signal;
      result.opened.push_back(std::move(alert));
    }
    return result;
  });
  for (const Alert& alert : changes.opened) log_("alert.opened", alert);
  for (const Alert& alert : changes.closed) log_("alert.closed", alert);
}

std::vector<Alert> AlertService::list(bool openOnly, AlertId before, int limit) const {
  return database_.read(
      [&](db::Connection& c) { return AlertRepository(c).list(openOnly, before, limit); });
}

Alert AlertService::acknowledge(AlertId id, const Actor& actor) {
  return database_.write([&](db::Transaction& tx) {
    AlertRepository alerts(tx);
    if (!alerts.find(id))
      throw Error(ErrorKind::notFound, "there is no such alert",
                  "List them with GET /api/v1/alerts.", "alert.not_found");
    if (alerts.acknowledge(id, actor.kind + ":" + actor.id, clock_.now()))
      audit_.record(tx, actor, "alert.acknowledge", "alert", id.value, nlohmann::json::object());
    return *alerts.find(id);
  });
}

}  // namespace clipcourier::alerts
