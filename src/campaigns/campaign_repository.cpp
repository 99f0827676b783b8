#include "campaigns/campaign_repository.h"

#include <nlohmann/json.hpp>

#include "db/batch.h"

namespace clipcourier::campaigns {
namespace {

namespace sql {
constexpr auto columns = R"sql(
  SELECT id, name, sender_id, purpose, audience, fallback_language, state, pause_reason, paused_by,
    created_at_ms, updated_at_ms, launched_at_ms, finished_at_ms, version, scheduled_at_ms,
    schedule_zone, schedule_checked_at_ms, schedule_hold FROM campaigns )sql";
constexpr auto byId = "WHERE id = $1";
constexpr auto before = "WHERE id < $1 ORDER BY id DESC LIMIT $2";
constexpr auto scheduledBefore =
    "WHERE state = 'scheduled' AND scheduled_at_ms <= $1 ORDER BY scheduled_at_ms, id";
constexpr auto setSchedule = R"sql(
  UPDATE campaigns SET scheduled_at_ms = $1, schedule_zone = $2, schedule_checked_at_ms = NULL,
    schedule_hold = NULL WHERE id = $3)sql";
constexpr auto setScheduleHold = R"sql(
  UPDATE campaigns SET schedule_hold = $1, schedule_checked_at_ms = $2 WHERE id = $3)sql";
constexpr auto add = R"sql(
  INSERT INTO campaigns (name, state, sender_id, purpose, audience, fallback_language, created_at_ms,
    updated_at_ms)
  VALUES ($1, 'draft', $2, $3, $4, $5, $6, $6) RETURNING id)sql";
constexpr auto update = R"sql(
  UPDATE campaigns SET name = $1, sender_id = $2, purpose = $3, audience = $4, fallback_language = $5,
    updated_at_ms = $6, version = version + 1
  WHERE id = $7 AND version = $8 AND state = 'draft')sql";
// A launch that is told here is timed here; so is an end.
constexpr auto move = R"sql(
  UPDATE campaigns SET state = $1, updated_at_ms = $2,
    launched_at_ms = CASE WHEN $1 = 'launching' THEN $2 ELSE launched_at_ms END,
    finished_at_ms = CASE WHEN $1 IN ('completed', 'cancelled') THEN $2 ELSE finished_at_ms END
  WHERE id = $3 AND state IN {texts $4})sql";
constexpr auto lock = "SELECT id FROM campaigns WHERE id = $1 FOR NO KEY UPDATE";
constexpr auto setPause = "UPDATE campaigns SET pause_reason = $1, paused_by = $2 WHERE id = $3";
constexpr auto exhausted = R"sql(
  SELECT c.id FROM campaigns c WHERE c.state = 'running' AND NOT EXISTS (
    SELECT 1 FROM campaign_counters n WHERE n.campaign_id = c.id AND n.value > 0
      AND n.name IN ('queued', 'held', 'sending')))sql";
}  // namespace sql

template <class... Args>
std::vector<Campaign> select(db::Connection& db, const char* where, const Args&... args) {
  using OptionalTime = std::optional<TimePoint>;
  std::vector<Campaign> found;
  for (auto& [id, name, sender, purpose, audience, fallback, state, reason, by, created, updated,
              launched, finished, version, scheduledAt, zone, checkedAt, scheduleHold] :
       db.query<CampaignId, std::string, SenderId, std::string, std::string, std::string,
                std::string, std::string, std::string, TimePoint, TimePoint, OptionalTime,
                OptionalTime, std::int64_t, OptionalTime, std::string, OptionalTime, std::string>(
           std::string(sql::columns) + where, args...)) {
    Campaign campaign;
    campaign.id = id;
    campaign.name = name;
    campaign.sender = sender;
    campaign.purpose = purpose;
    campaign.audience = parseAudience(nlohmann::json::parse(audience));
    campaign.fallbackLanguage = fallback;
    campaign.state = campaignState(state);
    campaign.pauseReason = reason;
    campaign.pausedBy = by;
    campaign.createdAt = created;
    campaign.updatedAt = updated;
    campaign.launchedAt = launched;
    campaign.finishedAt = finished;
    campaign.version = version;
    campaign.scheduledAt = scheduledAt;
    campaign.scheduleZone = zone;
    campaign.scheduleCheckedAt = checkedAt;
    campaign.scheduleHold = scheduleHold;
    campaign.contents = messages::ContentRepository(db).of(id);
    found.push_back(std::move(campaign));
  }
  return found;
}

}  // namespace

std::optional<Campaign> CampaignRepository::find(CampaignId id) {
  auto found = select(db_, sql::byId, id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Campaign CampaignRepository::get(CampaignId id) {
  auto campaign = find(id);
  if (!campaign)
    throw Error(ErrorKind::notFound, "there is no such campaign",
                "list them with GET /api/v1/campaigns", "campaign.not_found");
  return std::move(*campaign);
}

std::vector<Campaign> CampaignRepository::list(CampaignId before, int limit) {
  const std::int64_t start =
      before.value > 0 ? before.value : std::numeric_limits<std::int64_t>::max();
  return select(db_, sql::before, start, limit);
}

CampaignId CampaignRepository::add(const CampaignInput& input, TimePoint now) {
  const CampaignId id =
      *db_.scalar<CampaignId>(sql::add, input.name, input.sender, input.purpose,
                              toJson(input.audience).dump(), input.fallbackLanguage, now);
  messages::ContentRepository(db_).set(id, input.contents);
  return id;
}

bool CampaignRepository::update(CampaignId id, std::int64_t version, const CampaignInput& input,
                                TimePoint now) {
  if (db_.run(sql::update, input.name, input.sender, input.purpose, toJson(input.audience).dump(),
              input.fallbackLanguage, now, id, version) == 0)
    return false;
  messages::ContentRepository(db_).set(id, input.contents);
  return true;
}

bool CampaignRepository::move(CampaignId id, const std::vector<CampaignState>& from,
                              CampaignState to, TimePoint now) {
  nlohmann::json states = nlohmann::json::array();
  for (const CampaignState state : from) states.push_back(name(state));
  return db_.run(db::forBatch(sql::move, db_.engine()), std::string(name(to)), now, id,
                 states.dump()) > 0;
}

// SQLite has one writer anyway.
void CampaignRepository::lock(CampaignId id) {
  if (db_.engine() == db::Engine::postgresql) db_.scalar<CampaignId>(sql::lock, id);
}

void CampaignRepository::setSchedule(CampaignId id, std::optional<TimePoint> at,
                                     const std::string& zone) {
  db_.run(sql::setSchedule, at, zone, id);
}

void CampaignRepository::setScheduleHold(CampaignId id, const std::string& reason,
                                         TimePoint checkedAt) {
  db_.run(sql::setScheduleHold, reason, checkedAt, id);
}

std::vector<Campaign> CampaignRepository::scheduledBefore(TimePoint end) {
  return select(db_, sql::scheduledBefore, end);
}

void CampaignRepository::setPause(CampaignId id, const std::string& reason, const std::string& by) {
  db_.run(sql::setPause, reason, by, id);
}

std::vector<CampaignId> CampaignRepository::exhausted() {
  std::vector<CampaignId> ids;
  for (auto& [id] : db_.query<CampaignId>(sql::exhausted)) ids.push_back(id);
  return ids;
}

}  // namespace clipcourier::campaigns
