#include "messages/campaign_guard.h"

#include <nlohmann/json.hpp>

#include "users/audit_log.h"

namespace clipcourier::messages {
namespace {

namespace sql {
// One for each message with an answer, one more when it arrived. Counters are rows, so this is
// cheap.
constexpr auto progress = R"sql(
  SELECT CAST(coalesce(sum(CASE WHEN name IN ('delivered', 'read') THEN 2 * value ELSE value END), 0)
              AS BIGINT) FROM campaign_counters
  WHERE campaign_id = $1 AND name IN ('accepted', 'sent', 'failed', 'delivered', 'read'))sql";
constexpr auto note = R"sql(
  INSERT INTO campaign_guards (campaign_id, subject, failures, sends) VALUES ($1, $2, $3, $4)
  ON CONFLICT (campaign_id, subject) DO UPDATE SET
    failures = CASE WHEN campaign_guards.sends + $5 < excluded.sends THEN excluded.failures
                    ELSE campaign_guards.failures + excluded.failures END,
    sends = CASE WHEN campaign_guards.sends + $5 < excluded.sends THEN excluded.sends
                 ELSE campaign_guards.sends END
  RETURNING failures)sql";
constexpr auto pause = R"sql(
  UPDATE campaigns SET state = 'paused', pause_reason = $1, paused_by = 'system', updated_at_ms = $2
  WHERE id = $3 AND state = 'running')sql";
constexpr auto forget = "DELETE FROM campaign_guards WHERE campaign_id = $1";
}  // namespace sql

constexpr auto kMediaRefused = "131053";
constexpr int kSameFile = 2;
constexpr std::int64_t kEver = 1'000'000'000'000;  // a window that does not end

struct At : Clock {
  explicit At(TimePoint time) : time_(time) {}
  TimePoint now() const override { return time_; }
  TimePoint time_;
};

}  // namespace

void CampaignGuard::Refusals::add(CampaignId campaign, const std::string& code,
                                  const std::string& asset) {
  const bool file = code == kMediaRefused && !asset.empty();
  Seen& seen = seen_[{campaign, file ? "file " + asset : "content"}];
  ++seen.count;
  seen.code = code;
}

void CampaignGuard::note(const Refusals& refusals, TimePoint now) {
  for (const auto& [key, seen] : refusals.seen_) {
    const auto& [campaign, subject] = key;
    const bool file = subject != "content";
    // The refused ones are counted as failed already; the window begins before them.
    const auto progress = *tx_.scalar<std::int64_t>(sql::progress, campaign) - seen.count;
    const auto failures = *tx_.scalar<std::int64_t>(sql::note, campaign, subject, seen.count,
                                                    progress, file ? kEver : std::int64_t{window_});
    if (failures >= (file ? kSameFile : most_)) pause(campaign, seen.code, now);
  }
}

void CampaignGuard::pause(CampaignId campaign, const std::string& code, TimePoint now) {
  const std::string reason = "guard:" + code;
  if (tx_.run(sql::pause, reason, now, campaign) == 0) return;
  users::AuditLog(At(now)).record(tx_, Actor{}, "campaign.pause", "campaign", campaign.value,
                                  {{"reason", reason}});
}

void CampaignGuard::forget(db::Transaction& tx, CampaignId campaign) {
  tx.run(sql::forget, campaign);
}

}  // namespace clipcourier::messages
