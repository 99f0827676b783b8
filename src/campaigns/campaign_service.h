#pragma once

#include <functional>
#include <vector>

#include "base/actor.h"
#include "campaigns/campaign_repository.h"
#include "campaigns/launch_check.h"
#include "db/database.h"
#include "jobs/bell.h"
#include "users/audit_log.h"

namespace clipcourier::campaigns {

inline constexpr const char* kLaunchJob = "campaign.launch";
inline constexpr const char* kCancelJob = "campaign.cancel";

// The life of a campaign as people steer it. Thread-safe; borrows its arguments.
//
// Throws Error: notFound; invalidInput for what was entered wrongly; conflict "campaign.changed"
// when the version is not the current one, and "campaign.state" when the step is not possible now;
// refused "campaign.not_launchable" with a detail for every reason.
class CampaignService {
 public:
  // `wakeDispatcher` is called when messages may have become sendable.
  CampaignService(db::Database& database, const LaunchCheck& check, const users::AuditLog& audit,
                  jobs::Bell& bell, const Clock& clock, std::function<void()> wakeDispatcher);

  // Done at the end of the transaction that makes the change, with the campaign as it is then.
  using Also = std::function<void(db::Transaction&, const Campaign&)>;

  Campaign create(CampaignInput input, const Actor& actor, const Also& also = {});
  Campaign edit(CampaignId id, std::int64_t version, CampaignInput input, const Actor& actor);
  Campaign get(CampaignId id) const;
  std::vector<Campaign> list(CampaignId before, int limit) const;
  std::vector<ErrorDetail> launchProblems(CampaignId id) const;
  std::vector<LaunchCheck::Warning> launchWarnings(CampaignId id) const;

  // The rest is done by LaunchJob.
  Campaign launch(CampaignId id, const Actor& actor, const Also& also = {});
  Campaign pause(CampaignId id, const std::string& reason, const Actor& actor);
  Campaign resume(CampaignId id, const Actor& actor);
  // At once for what has not begun; the waiting messages are skipped by CancelJob.
  Campaign cancel(CampaignId id, const Actor& actor);

  // Completes what has nothing left to do. Called every now and then. Returns how many.
  int completeExhausted();

 private:
  void pinClips(db::Connection& connection, CampaignInput& input) const;
  bool complete(db::Transaction& tx, CampaignId id) const;
  Campaign step(CampaignId id, const std::vector<CampaignState>& from, CampaignState to,
                const char* action, const Actor& actor,
                const std::function<void(db::Transaction&)>& change, const Also& also = {});
  void addJob(db::Transaction& tx, const char* kind, CampaignId id) const;

  db::Database& db_;
  const LaunchCheck& check_;
  const users::AuditLog& audit_;
  jobs::Bell& bell_;
  const Clock& clock_;
  std::function<void()> wakeDispatcher_;
};

}  // namespace clipcourier::campaigns
