#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "campaigns/audience_reader.h"
#include "campaigns/campaign.h"
#include "db/database.h"
#include "jobs/job_runner.h"
#include "senders/media_ledger.h"

namespace clipcourier::campaigns {

// Turns a campaign that is launching into one that runs: uploads its clips to the provider, freezes
// the audience, and writes one message for each member, in chunks so short that others can write
// between them. Nothing is sendable before the last commit, which makes it running; after a crash
// all rows are deleted and it starts over. Borrows its arguments; thread-safe.
class LaunchJob {
 public:
  // Makes the media id for a sender and a file be there; MediaLedger::ensure.
  using EnsureMedia = std::function<void(SenderId, const std::string& sha256)>;
  LaunchJob(db::Database& database, senders::SenderDirectory& senders, EnsureMedia ensureMedia,
            const Clock& clock, std::function<void()> wakeDispatcher);

  jobs::Handler handler();

 private:
  void run(jobs::JobContext& context);
  std::vector<Member> freezeAudience(const Campaign& campaign, const std::string& channel) const;
  void clearMessages(jobs::JobContext& context, CampaignId id) const;
  void insertAll(jobs::JobContext& context, const Campaign& campaign,
                 const std::vector<Member>& members) const;
  // Of some members, as JSON for one statement each: who can be sent to now, and who waits for a
  // template in their language. Empty when there is none.
  struct Rows {
    std::string ready, waiting;
  };
  static Rows rowsOf(const Campaign& campaign, const std::set<std::string>& sendable,
                     std::span<const Member> members);
  void insert(db::Transaction& tx, const Campaign& campaign, const Rows& rows) const;

  db::Database& db_;
  senders::SenderDirectory& senders_;
  EnsureMedia ensureMedia_;
  const Clock& clock_;
  std::function<void()> wakeDispatcher_;
};

// Messages that waited because their language had no template that could be sent go on when it has
// one. To be called every now and then. Returns how many.
int releaseLanguages(db::Database& database, const Clock& clock);

// Skips what still waits of a cancelled campaign, in chunks.
jobs::Handler cancelHandler(const Clock& clock);

}  // namespace clipcourier::campaigns
