#include "messages/campaign_guard.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "users/audit_log.h"

namespace clipcourier::messages {
namespace {

namespace sql {
// How many of a campaign's messages were answered, refused ones included, or arrived. Counters are
// rows, so this is cheap.
constexpr auto answered = R"sql(
  SELECT CAST(coalesce(sum(value), 0) AS BIGINT) FROM campaign_counters
  WHERE campaign_id = $1 AND name IN ('accepted', 'sent', 'failed', 'delivered', 'read'))sql";
constexpr auto arrived = R"sql(
  SELECT CAST(coalesce(sum(value), 0) AS BIGINT) FROM campaign_counters
  WHERE campaign_id = $1 AND name IN ('delivered', 'read'))sql";
constexpr auto find = R"sql(
  SELECT failures, sends FROM campaign_guards WHERE campaign_id = $1 AND subject = $2)sql";
constexpr auto keep = R"sql(
  INSERT INTO campaign_guards (campaign_id, subject, failures, sends) VALUES ($1, $2, $3, $4)
  ON CONFLICT (campaign_id, subject) DO UPDATE SET failures = excluded.failures,
    sends = excluded.sends)sql";
constexpr auto pause = R"sql(
  UPDATE campaigns SET state = 'paused', pause_reason = $1, paused_by = 'system', updated_at_ms = $2
  WHERE id = $3 AND state = 'running')sql";
constexpr auto forget = "DELETE FROM campaign_guards WHERE campaign_id = $1";
}  // namespace sql

constexpr auto kMediaRefused = "131053";
constexpr auto kAnswers = "content", kReceipts = "content by receipt";
constexpr int kSameFile = 2;

struct At : Clock {
  explicit At(TimePoint time) : time_(time) {}
  TimePoint now() const override { return time_; }
  TimePoint time_;
};

}  // namespace

void CampaignGuard::Refusals::add(CampaignId campaign, const std::string& code,
                                  const std::string& asset, bool byReceipt) {
  const bool file = code == kMediaRefused && !asset.empty();
  Seen& seen = seen_[{campaign, file ? "file " + asset : byReceipt ? kReceipts : kAnswers}];
  ++seen.count;
  seen.code = code;
}

void CampaignGuard::note(const Refusals& refusals, TimePoint now) {
  for (const auto& [key, seen] : refusals.seen_) {
    const auto& [campaign, subject] = key;
    const bool enough = subject.starts_with("file ")
                            ? isRefusedAgain(campaign, subject, seen.count)
                            : isFull(campaign, subject == kReceipts, seen.count);
    if (enough) pause(campaign, seen.code, now);
  }
}

bool CampaignGuard::isFull(CampaignId campaign, bool byReceipt, std::int64_t refused) {
  const std::string subject = byReceipt ? kReceipts : kAnswers;
  const auto [level, before] =
      tx_.queryOne<std::int64_t, std::int64_t>(sql::find, campaign, subject)
          .value_or(std::tuple<std::int64_t, std::int64_t>(0, 0));
  // The counters know these refusals already, as answers.
  const auto progress =
      *tx_.scalar<std::int64_t>(byReceipt ? sql::arrived : sql::answered, campaign);
  const auto well = std::max<std::int64_t>(progress - before - (byReceipt ? 0 : refused), 0);
  const std::int64_t each = std::max(window_ - most_, 1);
  const auto filled = std::max<std::int64_t>(level + refused * each - well * most_, 0);
  tx_.run(sql::keep, campaign, subject, filled, progress);
  return filled >= most_ * each;
}

bool CampaignGuard::isRefusedAgain(CampaignId campaign, const std::string& file,
                                   std::int64_t refused) {
  const auto before = tx_.queryOne<std::int64_t, std::int64_t>(sql::find, campaign, file);
  const std::int64_t count = (before ? std::get<0>(*before) : 0) + refused;
  tx_.run(sql::keep, campaign, file, count, std::int64_t{0});
  return count >= kSameFile;
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
