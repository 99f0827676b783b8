#include "events/event_repository.h"

namespace clipcourier::events {
namespace {

using std::int64_t;
using std::string;

namespace sql {
constexpr auto position = "SELECT last_id, pruned_to, collected_at_ms FROM event_feed WHERE id = 1";
constexpr auto lock = R"sql(
  UPDATE event_feed SET collected_at_ms = $1 WHERE id = 1
  RETURNING last_id, pruned_to, collected_at_ms)sql";
constexpr auto tell = R"sql(
  INSERT INTO event_subjects (kind, subject, data, changed_at_ms) VALUES ($1, $2, $3, $4)
  ON CONFLICT (kind, subject) DO UPDATE
    SET data = excluded.data, changed_at_ms = excluded.changed_at_ms
    WHERE event_subjects.data <> excluded.data AND event_subjects.changed_at_ms <= $5)sql";
constexpr auto add =
    "INSERT INTO events (id, kind, subject, data, at_ms) VALUES ($1, $2, $3, $4, $5)";
constexpr auto setLastId = "UPDATE event_feed SET last_id = $1 WHERE id = 1";
constexpr auto told = "SELECT kind, subject, data FROM event_subjects";
constexpr auto after = R"sql(
  SELECT id, kind, subject, data, at_ms FROM events WHERE id > $1 ORDER BY id LIMIT $2)sql";
constexpr auto newestBefore = "SELECT coalesce(max(id), 0) FROM events WHERE at_ms < $1";
constexpr auto setPrunedTo = "UPDATE event_feed SET pruned_to = $1 WHERE id = 1 AND pruned_to < $1";
constexpr auto removeTo = R"sql(
  DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <= $1 ORDER BY id LIMIT $2))sql";
constexpr auto forgetSubjects = R"sql(
  DELETE FROM event_subjects
  WHERE kind IN ('video', 'import', 'campaign') AND changed_at_ms < $1)sql";
}  // namespace sql

FeedPosition positionOf(const std::vector<std::tuple<int64_t, int64_t, TimePoint>>& rows) {
  const auto& [last, pruned, at] = rows.at(0);
  return {last, pruned, at};
}

}  // namespace

FeedPosition EventRepository::position() {
  return positionOf(db_.query<int64_t, int64_t, TimePoint>(sql::position));
}

FeedPosition EventRepository::lock(TimePoint collectedAt) {
  return positionOf(db_.query<int64_t, int64_t, TimePoint>(sql::lock, collectedAt));
}

bool EventRepository::tell(const State& state, TimePoint now, Millis apart) {
  return db_.run(sql::tell, state.kind, state.subject, state.data, now, now - apart) > 0;
}

void EventRepository::add(const Event& event) {
  db_.run(sql::add, event.id, event.state.kind, event.state.subject, event.state.data, event.at);
}

void EventRepository::setLastId(int64_t id) { db_.run(sql::setLastId, id); }

std::map<std::pair<string, string>, string> EventRepository::told() {
  std::map<std::pair<string, string>, string> all;
  for (auto& [kind, subject, data] : db_.query<string, string, string>(sql::told))
    all[{kind, subject}] = data;
  return all;
}

std::vector<Event> EventRepository::after(int64_t id, int limit) {
  std::vector<Event> events;
  for (auto& [number, kind, subject, data, at] :
       db_.query<int64_t, string, string, string, TimePoint>(sql::after, id, limit))
    events.push_back({number, {kind, subject, data}, at});
  return events;
}

int64_t EventRepository::newestBefore(TimePoint at) {
  return *db_.scalar<int64_t>(sql::newestBefore, at);
}

void EventRepository::setPrunedTo(int64_t id) { db_.run(sql::setPrunedTo, id); }

int64_t EventRepository::removeTo(int64_t id, int limit) {
  return db_.run(sql::removeTo, id, limit);
}

void EventRepository::forgetSubjects(TimePoint before) { db_.run(sql::forgetSubjects, before); }

}  // namespace clipcourier::events
