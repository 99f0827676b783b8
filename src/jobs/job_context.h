#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "db/database.h"
#include "jobs/job.h"

namespace clipcourier::jobs {

// What a handler gets: its job, and the only ways to write that a late worker cannot misuse.
//
// Everything that writes throws Error(conflict) "job.lost" once another worker has the job.
// cancelled() and progress() are thread-safe.
class JobContext {
 public:
  using Work = std::function<void(db::Transaction&)>;

  JobContext(db::Database& database, const Clock& clock, Lease lease)
      : database_(database), clock_(clock), lease_(std::move(lease)) {}

  const Lease& lease() const { return lease_; }

  // True as soon as the work should end: somebody cancelled it, the service stops, or the lease is
  // lost. The handler then throws whatever it likes.
  bool cancelled() const { return stop_ != Stop::no; }

  // Shows how far it is; writes at most twice a second, so it may be called for every frame.
  void progress(int percent, const Words& words);

  // Runs `work` in one commit together with the proof that the lease holds.
  void commit(const Work& work);
  // As commit(), and the job is done with it. A handler that returns without has its job finished
  // by the runner.
  void finish(const Work& work);

  // For the runner.
  enum class Stop { no, cancelled, stopping, lost };
  void stop(Stop why);
  Stop stopReason() const { return stop_; }
  bool finished() const { return finished_; }

 private:
  db::Database& database_;
  const Clock& clock_;
  const Lease lease_;
  std::atomic<Stop> stop_{Stop::no};
  std::atomic<bool> finished_{false};
  std::mutex progressMutex_;
  TimePoint progressAt_{};
  int percent_ = -1;
};

}  // namespace clipcourier::jobs
