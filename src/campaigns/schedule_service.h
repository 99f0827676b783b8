#pragma once

#include <functional>
#include <string>

#include "base/actor.h"
#include "campaigns/campaign_repository.h"
#include "campaigns/launch_check.h"
#include "db/database.h"
#include "jobs/bell.h"
#include "users/audit_log.h"

namespace clipcourier::campaigns {

// Starts campaigns at a time that was chosen before. A campaign that cannot be launched when its
// time comes, or whose time was missed, stays scheduled and says why in scheduleHold; what is
// mended in time starts late, at most by `latest`. Nothing is kept in memory, so a restart changes
// nothing. A clip that the provider does not have shortly before the time is told there too, as
// "media_missing", until it is there: the campaign starts all the same, and its launch begins with
// the upload.
// Thread-safe; borrows its arguments.
class ScheduleService {
 public:
  using WantMedia = std::function<void(SenderId, const std::string& sha256)>;
  struct Parts {
    db::Database& database;
    const LaunchCheck& check;
    const users::AuditLog& audit;
    jobs::Bell& bell;
    const Clock& clock;
    WantMedia wantMedia;  // MediaJobs::want
  };
  ScheduleService(Parts parts, Millis latest) : parts_(std::move(parts)), latest_(latest) {}

  // A draft, or one that is scheduled already. Throws Error as CampaignService does, and
  // invalidInput "schedule.past" or "schedule.far".
  Campaign schedule(CampaignId id, TimePoint at, const std::string& zone, const Actor& actor);
  Campaign unschedule(CampaignId id, const Actor& actor);  // a draft again

  // Looks at what is due within the next quarter of an hour, and launches what is due. To be called
  // every few seconds. Returns how many it launched.
  int runDue();

 private:
  bool startOne(const Campaign& campaign, TimePoint now);
  void lookAhead(const Campaign& campaign, TimePoint now);
  void hold(const Campaign& campaign, const std::string& reason, TimePoint now);
  bool lacksMedia(const Campaign& campaign, TimePoint now) const;
  void wantMedia(const Campaign& campaign) const;

  Parts parts_;
  Millis latest_;
};

}  // namespace clipcourier::campaigns
