#pragma once

#include <map>
#include <mutex>
#include <string>

#include "jobs/bell.h"
#include "jobs/job_runner.h"
#include "senders/media_ledger.h"

namespace clipcourier::senders {

// Uploads to providers that nobody waits for: a media id that went missing under a running
// campaign, and the renewal of ids before they expire. Borrows its arguments. Thread-safe.
class MediaJobs {
 public:
  MediaJobs(db::Database& database, MediaLedger& ledger, const Clock& clock, jobs::Bell& bell)
      : database_(database), ledger_(ledger), clock_(clock), bell_(bell) {}

  // Adds the job unless there is one. May be called as often as one likes.
  void want(SenderId sender, const std::string& sha256);
  // Adds jobs for the ids that are due and still in use. Returns how many.
  int renewDue();

  jobs::Handler handler();

 private:
  void add(SenderId sender, const std::string& sha256);
  void run(jobs::JobContext& context);

  db::Database& database_;
  MediaLedger& ledger_;
  const Clock& clock_;
  jobs::Bell& bell_;
  std::mutex mutex_;
  std::map<std::pair<SenderId, std::string>, TimePoint> wanted_;  // when it was added last
};

}  // namespace clipcourier::senders
