#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "db/database.h"
#include "jobs/bell.h"
#include "jobs/job_context.h"
#include "jobs/retry.h"

namespace clipcourier::jobs {

// How the jobs of one kind are run.
struct Handler {
  std::string kind = {};
  int threads = 1;
  // Error kinds decide: what isWorthRetrying() is tried later, the rest is given up. Must bear a
  // second run. Called by several threads at once when threads > 1.
  std::function<void(JobContext&)> run = {};
  // Tells the job's subject that it will not be tried again, in the commit that ends the job. Code
  // "job.cancelled" when it was cancelled, "job.died" when its process died in every attempt.
  std::function<void(db::Transaction&, const Lease&, const Failure&)> gaveUp = {};
  RetryPolicy retry = {};
};

struct RunnerSettings {
  Millis lease{60'000};  // renewed at a third of it
  Millis poll{1'000};    // how often to look for jobs of other processes, due ones, and cancels
  std::string owner = "local";                       // names this process in the rows
  std::function<void(const std::string&)> log = {};  // one line per failed attempt
  // After each attempt, for metrics; by several threads at once.
  std::function<void(const std::string& kind, bool succeeded, std::chrono::duration<double>)>
      observe = {};
};

// Runs the jobs of this process: threads per kind, and one that renews the leases. The process may
// be killed at any line: its jobs run again when their leases end.
class JobRunner {
 public:
  // Borrows its arguments; they must outlive it.
  JobRunner(db::Database& database, const Clock& clock, Bell& bell, std::vector<Handler> handlers,
            RunnerSettings settings = {});
  ~JobRunner();  // stops, however long the handlers take
  JobRunner(const JobRunner&) = delete;

  void start();
  // Claims no more, asks the running handlers to end and gives their jobs back untried. False when
  // some handler still runs after `bound`.
  bool stop(Millis bound);

 private:
  void work(const Handler& handler);
  bool workOnce(const Handler& handler);
  bool claimAndRun(const Handler& handler);
  void giveUpLost(const Handler& handler);
  void run(const Handler& handler, const Lease& lease);
  void settle(const Handler& handler, JobContext& context, ErrorKind kind, const Failure& failure);
  void watchLeases();
  void renewLeases();
  void passOnCancels();
  std::vector<std::pair<JobContext*, Lease>> runningJobs();
  void stopContext(JobContext* context, JobContext::Stop why);
  void log(const Lease& lease, const std::string& what) const;

  db::Database& database_;
  const Clock& clock_;
  Bell& bell_;
  const std::vector<Handler> handlers_;
  const RunnerSettings settings_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<JobContext*> running_;
  bool stopping_ = false;
  int busyThreads_ = 0;  // workers that have not ended
  std::vector<std::thread> workers_;
  std::thread watcher_;
};

}  // namespace clipcourier::jobs
