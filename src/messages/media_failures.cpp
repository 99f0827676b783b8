#include "messages/media_failures.h"

#include "messages/holds.h"
#include "senders/media_ledger.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto clipOf = R"sql(
  SELECT m.sender_id, m.campaign_id, c.clip_sha256, a.started_at_ms
  FROM attempts a JOIN messages m ON m.id = a.message_id
  JOIN campaign_contents c ON c.campaign_id = m.campaign_id AND c.language = m.language
  WHERE a.message_id = $1 AND a.number = $2)sql";
}  // namespace sql

constexpr int kMostTries = 3;  // of one message whose clip is not taken

}  // namespace

bool healMedia(db::Transaction& tx, const channels::Channel& channel, AttemptRef attempt, int code,
               std::string_view text, TimePoint now) {
  if (!channel.speaksOfMedia(code, text)) return false;
  const auto row = tx.queryOne<SenderId, CampaignId, std::string, TimePoint>(
      sql::clipOf, attempt.message, attempt.number);
  if (!row) return false;
  const auto& [sender, campaign, sha256, usedAt] = *row;
  using senders::MediaLedger;
  switch (MediaLedger::distrust(tx, sender, sha256, usedAt, code, now)) {
    case MediaLedger::Distrust::replaced: return attempt.number < kMostTries;
    case MediaLedger::Distrust::worn:
      HoldRepository(tx).hold({"campaign", std::to_string(campaign.value), "media_refused",
                               "system", now, std::nullopt});
      return false;
    case MediaLedger::Distrust::unknown: break;
  }
  return false;
}

}  // namespace clipcourier::messages
