#pragma once

#include <optional>
#include <vector>

#include "campaigns/campaign.h"
#include "db/connection.h"

namespace clipcourier::campaigns {

// Every statement of the table campaigns. Borrows a connection; what it changes needs a
// transaction.
class CampaignRepository {
 public:
  explicit CampaignRepository(db::Connection& connection) : db_(connection) {}

  std::optional<Campaign> find(CampaignId id);
  Campaign get(CampaignId id);                               // Error(notFound)
  std::vector<Campaign> list(CampaignId before, int limit);  // newest first; 0: from the newest
  CampaignId add(const CampaignInput& input, TimePoint now);
  // Replaces what was entered; only of a draft. False when it is none or has another version.
  bool update(CampaignId id, std::int64_t version, const CampaignInput& input, TimePoint now);
  // Moves to `to` if it is in one of `from`; false when it is not.
  bool move(CampaignId id, const std::vector<CampaignState>& from, CampaignState to, TimePoint now);
  void lock(CampaignId id);  // until the transaction ends
  void setSchedule(CampaignId id, std::optional<TimePoint> at, const std::string& zone);
  void setScheduleHold(CampaignId id, const std::string& reason, TimePoint checkedAt);
  std::vector<Campaign> scheduledBefore(TimePoint end);
  void setPause(CampaignId id, const std::string& reason, const std::string& by);

  // Running ones of which nothing waits and nothing is on its way any more.
  std::vector<CampaignId> exhausted();

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::campaigns
