#include "events/event_sources.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

namespace clipcourier::events {
namespace {

using nlohmann::json;
using std::int64_t;
using std::string;

constexpr std::chrono::days kLateReceipts{7};  // after its end a campaign's counters still move

namespace sql {
constexpr auto progress = R"sql(
  SELECT subject_id, progress_percent FROM jobs WHERE state = 'running' AND kind LIKE 'video.%')sql";
constexpr auto videos = R"sql(
  SELECT id, state, version, edit_version, updated_at_ms FROM videos WHERE updated_at_ms >= $1
    OR id IN (SELECT subject_id FROM jobs WHERE state = 'running' AND kind LIKE 'video.%'))sql";
constexpr auto clips = R"sql(
  SELECT v.id, c.profile, c.state FROM videos v JOIN clips c ON c.video_id = v.id
  WHERE v.updated_at_ms >= $1 AND c.state <> 'superseded' ORDER BY c.id)sql";
constexpr auto imports = R"sql(
  SELECT id, state, lines_done, bytes_done, bytes_total, bad_lines FROM imports
  WHERE state IN ('waiting', 'running') OR finished_at_ms >= $1)sql";
constexpr auto campaigns = R"sql(
  SELECT id, state, version FROM campaigns
  WHERE state IN ('launching', 'running', 'paused') OR updated_at_ms >= $1 OR finished_at_ms >= $2)sql";
constexpr auto counters = R"sql(
  SELECT n.campaign_id, n.name, n.value FROM campaigns c
    JOIN campaign_counters n ON n.campaign_id = c.id
  WHERE n.value <> 0 AND (c.state IN ('launching', 'running', 'paused') OR c.updated_at_ms >= $1
    OR c.finished_at_ms >= $2))sql";
constexpr auto holds = R"sql(
  SELECT scope, scope_key, until_ms FROM holds WHERE until_ms IS NULL OR until_ms > $1)sql";
constexpr auto senders = "SELECT id, state, version, updated_at_ms FROM senders";
constexpr auto templates = R"sql(
  SELECT id, sender_id, name, language, status,
    CASE WHEN missing_since_ms IS NULL THEN 0 ELSE 1 END FROM templates)sql";
}  // namespace sql

class Reader {
 public:
  Reader(db::Connection& db, TimePoint since, TimePoint now) : db_(db), since_(since), now_(now) {}

  std::vector<State> all() {
    videos();
    imports();
    campaigns();
    holds();
    senders();
    templates();
    return std::move(states_);
  }

 private:
  template <class Subject>
  void add(const char* kind, const Subject& subject, const json& data) {
    if constexpr (std::is_same_v<Subject, string>)
      states_.push_back({kind, subject, data.dump()});
    else
      states_.push_back({kind, std::to_string(subject), data.dump()});
  }

  void videos() {
    std::map<int64_t, int> progress;
    for (auto& [id, percent] : db_.query<int64_t, int>(sql::progress))
      progress[id] = std::max(progress[id], percent);
    std::map<int64_t, json> clips;
    for (auto& [id, profile, state] : db_.query<int64_t, string, string>(sql::clips, since_))
      clips[id][profile] = state;
    for (auto& [id, state, version, edits, at] :
         db_.query<int64_t, string, int64_t, int64_t, int64_t>(sql::videos, since_)) {
      json data = {{"state", state}, {"version", version}, {"edit_version", edits}};
      const auto working = progress.find(id);
      if (working != progress.end()) data["percent"] = working->second;
      if (clips.contains(id)) data["clips"] = clips[id];
      add("video", id, data);
    }
  }

  void imports() {
    for (auto& [id, state, lines, done, total, bad] :
         db_.query<int64_t, string, int64_t, int64_t, int64_t, int64_t>(sql::imports, since_))
      add("import", id,
          {{"state", state},
           {"lines_done", lines},
           {"bad_lines", bad},
           {"percent", total > 0 ? 100 * done / total : 0}});
  }

  void campaigns() {
    const TimePoint late = now_ - kLateReceipts;
    std::map<int64_t, json> counters;
    for (auto& [id, name, value] : db_.query<int64_t, string, int64_t>(sql::counters, since_, late))
      counters[id][name] = value;
    for (auto& [id, state, version] :
         db_.query<int64_t, string, int64_t>(sql::campaigns, since_, late))
      add("campaign", id,
          {{"state", state},
           {"version", version},
           {"counters", counters.contains(id) ? counters[id] : json::object()}});
  }

  void holds() {
    for (auto& [scope, key, until] :
         db_.query<string, string, std::optional<TimePoint>>(sql::holds, now_))
      add("hold", scope + '/' + key,
          {{"scope", scope},
           {"key", key},
           {"held", true},
           {"until", until ? json(toIso(*until)) : json()}});
  }

  void senders() {
    for (auto& [id, state, version, at] :
         db_.query<int64_t, string, int64_t, TimePoint>(sql::senders))
      add("sender", id, {{"state", state}, {"version", version}, {"updated_at", toIso(at)}});
  }

  void templates() {
    for (auto& [id, sender, name, language, status, missing] :
         db_.query<int64_t, int64_t, string, string, string, bool>(sql::templates))
      add("template", id,
          {{"sender_id", sender},
           {"name", name},
           {"language", language},
           {"status", status},
           {"missing", missing}});
  }

  db::Connection& db_;
  const TimePoint since_, now_;
  std::vector<State> states_;
};

struct Kind {
  const char* name;
  users::Scope scope;
};
constexpr Kind kKinds[] = {
    {"video", users::Scope::videosRead},       {"import", users::Scope::customersRead},
    {"campaign", users::Scope::campaignsRead}, {"hold", users::Scope::operations},
    {"sender", users::Scope::sendersRead},     {"template", users::Scope::sendersRead},
};

}  // namespace

std::vector<State> readStates(db::Connection& connection, TimePoint since, TimePoint now) {
  return Reader(connection, since, now).all();
}

// A kind that this program does not know, because a newer one wrote it, is for nobody but
// operations.
users::Scope scopeOf(const std::string& kind) {
  for (const Kind& one : kKinds)
    if (kind == one.name) return one.scope;
  return users::Scope::operations;
}

const std::vector<std::string>& allKinds() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Kind& one : kKinds) all.emplace_back(one.name);
    return all;
  }();
  return names;
}

}  // namespace clipcourier::events
