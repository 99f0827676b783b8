#include "metrics/database_metrics.h"

#include <algorithm>
#include <map>
#include <set>

namespace clipcourier::metrics {
namespace {

using std::int64_t;
using std::string;

namespace sql {
constexpr auto messages = R"sql(
  SELECT c.sender_id, n.name, sum(n.value) FROM campaign_counters n
    JOIN campaigns c ON c.id = n.campaign_id
  GROUP BY c.sender_id, n.name)sql";
// Each campaign's oldest is the first of an index.
constexpr auto oldestDue = R"sql(
  SELECT min(m.due) FROM (
    SELECT (SELECT min(due_at_ms) FROM messages
            WHERE campaign_id = c.id AND state IN ('queued', 'held')) AS due
    FROM campaigns c WHERE c.state = 'running') m)sql";
constexpr auto campaigns = "SELECT state, count(*) FROM campaigns GROUP BY state";
constexpr auto senders =
    "SELECT id, channel, messages_per_second FROM senders WHERE state = 'active' ORDER BY id";
constexpr auto webhooks = R"sql(
  SELECT count(*), min(received_at_ms) FROM webhooks WHERE state = 'stored')sql";
constexpr auto jobs = R"sql(
  SELECT kind, state, count(*) FROM jobs WHERE state = 'waiting' GROUP BY kind, state
  UNION ALL
  SELECT kind, state, count(*) FROM jobs WHERE state = 'running' GROUP BY kind, state)sql";
constexpr auto holds = R"sql(
  SELECT scope, count(*) FROM holds WHERE until_ms IS NULL OR until_ms > $1 GROUP BY scope)sql";
constexpr auto videos = R"sql(
  SELECT state, count(*), sum(original_bytes) FROM videos GROUP BY state)sql";
}  // namespace sql

const std::set<string> kStates{"queued", "held",   "sending",   "unknown", "accepted",
                               "sent",   "failed", "delivered", "read",    "skipped"};
const std::set<string> kLeft{"unknown", "accepted", "sent", "failed", "delivered", "read"};

double secondsBetween(TimePoint from, TimePoint to) {
  return std::chrono::duration<double>(std::max(to - from, Millis(0))).count();
}

class Writer {
 public:
  Writer(Exposition& out, db::Connection& db, TimePoint now) : out_(out), db_(db), now_(now) {}

  void all() {
    messages();
    senders();
    webhooks();
    jobs();
    others();
  }

 private:
  void messages() {
    std::map<string, double> states;
    for (const string& state : kStates) states[state] = 0;
    for (auto& [sender, state, value] : db_.query<int64_t, string, double>(sql::messages)) {
      if (!kStates.contains(state)) continue;
      states[state] += value;
      if (kLeft.contains(state)) left_[sender] += value;
    }
    out_.describe("messages", "gauge", "Messages by state.");
    for (const auto& [state, count] : states) out_.sample({{"state", state}}, count);
    out_.describe("queue_depth", "gauge", "Messages that wait to be sent.");
    out_.sample(states["queued"] + states["held"]);
    out_.describe("messages_in_flight", "gauge", "Messages whose request has no answer yet.");
    out_.sample(states["sending"]);
    const auto oldest = db_.scalar<std::optional<TimePoint>>(sql::oldestDue).value();
    out_.describe("queue_oldest_due_age_seconds", "gauge",
                  "How long the message that has waited longest could have been sent.");
    out_.sample(oldest ? secondsBetween(*oldest, now_) : 0);
  }

  void senders() {
    const auto rows = db_.query<int64_t, string, double>(sql::senders);
    out_.describe("sender_limit_messages_per_second", "gauge",
                  "How many messages a sender may send in a second.");
    for (const auto& [id, channel, limit] : rows)
      out_.sample({{"sender", std::to_string(id)}, {"channel", channel}}, limit);
    out_.describe("sender_messages", "gauge",
                  "Messages whose last try was handed to the provider, or may have been.");
    for (const auto& [id, channel, limit] : rows)
      out_.sample({{"sender", std::to_string(id)}, {"channel", channel}}, left_[id]);
  }

  void webhooks() {
    const auto [count, oldest] =
        db_.queryOne<double, std::optional<TimePoint>>(sql::webhooks).value();
    out_.describe("webhooks_waiting", "gauge", "Webhooks that are stored and not applied yet.");
    out_.sample(count);
    out_.describe("webhooks_lag_seconds", "gauge", "Age of the oldest of them.");
    out_.sample(oldest ? secondsBetween(*oldest, now_) : 0);
  }

  void jobs() {
    out_.describe("jobs", "gauge", "Background jobs that wait or run.");
    for (const auto& [kind, state, count] : db_.query<string, string, double>(sql::jobs))
      out_.sample({{"kind", kind}, {"state", state}}, count);
  }

  void others() {
    out_.describe("campaigns", "gauge", "Campaigns by state.");
    for (const auto& [state, count] : db_.query<string, double>(sql::campaigns))
      out_.sample({{"state", state}}, count);
    out_.describe("holds", "gauge", "Holds in force, by what they hold.");
    for (const auto& [scope, count] : db_.query<string, double>(sql::holds, now_))
      out_.sample({{"scope", scope}}, count);
    const auto videos = db_.query<string, double, double>(sql::videos);
    out_.describe("videos", "gauge", "Uploaded videos by state.");
    for (const auto& [state, count, bytes] : videos) out_.sample({{"state", state}}, count);
    out_.describe("videos_bytes", "gauge", "Size of their originals.");
    for (const auto& [state, count, bytes] : videos) out_.sample({{"state", state}}, bytes);
  }

  Exposition& out_;
  db::Connection& db_;
  const TimePoint now_;
  std::map<int64_t, double> left_;  // the queue, by sender
};

}  // namespace

void writeDatabaseMetrics(Exposition& out, db::Connection& connection, TimePoint now) {
  Writer(out, connection, now).all();
}

}  // namespace clipcourier::metrics
