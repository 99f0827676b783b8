#include "jobs/job_runner.h"

#include "base/error.h"
#include "base/thread_name.h"
#include "jobs/job_queue.h"

namespace clipcourier::jobs {

JobRunner::JobRunner(db::Database& database, const Clock& clock, Bell& bell,
                     std::vector<Handler> handlers, RunnerSettings settings)
    : database_(database),
      clock_(clock),
      bell_(bell),
      handlers_(std::move(handlers)),
      settings_(std::move(settings)) {}

JobRunner::~JobRunner() {
  stop(Millis(0));
  for (auto& worker : workers_) worker.join();
  {
    const std::lock_guard lock(mutex_);
    busyThreads_ = -1;  // the watcher's sign to end
  }
  bell_.ring();
  if (watcher_.joinable()) watcher_.join();
}

void JobRunner::start() {
  for (const Handler& handler : handlers_)
    for (int i = 0; i < handler.threads; ++i) {
      {
        const std::lock_guard lock(mutex_);
        ++busyThreads_;
      }
      workers_.emplace_back([this, &handler] { work(handler); });
    }
  watcher_ = std::thread([this] { watchLeases(); });
}

bool JobRunner::stop(Millis bound) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (JobContext* context : running_) context->stop(JobContext::Stop::stopping);
  lock.unlock();
  bell_.ring();
  lock.lock();
  return changed_.wait_for(lock, bound, [&] { return busyThreads_ <= 0; });
}

void JobRunner::work(const Handler& handler) {
  nameThread(handler.kind);
  for (;;) {
    const auto heard = bell_.rings();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    bool worked = false;
    try {
      worked = workOnce(handler);
    } catch (const std::exception& error) {  // the database is away: look again later
      if (settings_.log) settings_.log("look for " + handler.kind + " jobs: " + error.what());
    }
    if (!worked) bell_.wait(heard, settings_.poll);
  }
  const std::lock_guard lock(mutex_);
  --busyThreads_;
  changed_.notify_all();
}

bool JobRunner::workOnce(const Handler& handler) {
  // A read first: on SQLite all processes share one writer, and most looks find nothing.
  const auto [lost, due] = database_.read([&](db::Connection& connection) {
    JobList jobs(connection);
    const TimePoint now = clock_.now();
    return std::pair(jobs.anyLost(handler.kind, now), jobs.anyDue(handler.kind, now));
  });
  if (lost) giveUpLost(handler);
  return due && claimAndRun(handler);
}

bool JobRunner::claimAndRun(const Handler& handler) {
  const auto lease = database_.write([&](db::Transaction& tx) {
    return JobQueue(tx).claim(handler.kind, settings_.owner, clock_.now(), settings_.lease);
  });
  if (lease) run(handler, *lease);
  return lease.has_value();
}

void JobRunner::giveUpLost(const Handler& handler) {
  database_.write([&](db::Transaction& tx) {
    JobQueue queue(tx);
    const auto lease = queue.takeLost(handler.kind, settings_.owner, clock_.now(), settings_.lease);
    if (!lease) return;
    const Failure failure{"job.died",
                          "the process ended in the middle of the last of " +
                              std::to_string(lease->attempt) + " attempts",
                          "Look at the log of the service, then start the job again."};
    queue.giveUp(*lease, failure, clock_.now());
    if (handler.gaveUp) handler.gaveUp(tx, *lease, failure);
  });
}

void JobRunner::run(const Handler& handler, const Lease& lease) {
  JobContext context(database_, clock_, lease);
  {
    const std::lock_guard lock(mutex_);
    running_.insert(&context);
    if (stopping_) context.stop(JobContext::Stop::stopping);
  }
  const auto began = std::chrono::steady_clock::now();
  bool succeeded = false;
  try {
    try {
      handler.run(context);
      if (!context.finished()) context.finish([](db::Transaction&) {});
      succeeded = true;
    } catch (const Error& error) {
      settle(handler, context, error.kind(), {error.code(), error.what(), error.hint()});
    } catch (const std::exception& error) {
      settle(handler, context, ErrorKind::internal, {"internal", error.what(), ""});
    }
  } catch (const std::exception& error) {
    // The outcome could not be written: the lease ends by itself and the job runs again.
    log(lease, error.what());
  }
  if (settings_.observe)
    settings_.observe(lease.kind, succeeded, std::chrono::steady_clock::now() - began);
  const std::lock_guard lock(mutex_);
  running_.erase(&context);
}

void JobRunner::settle(const Handler& handler, JobContext& context, ErrorKind kind,
                       const Failure& failure) {
  const Lease& lease = context.lease();
  log(lease, failure.what);
  if (context.finished() || failure.code == "job.lost" ||
      context.stopReason() == JobContext::Stop::lost)
    return;
  database_.write([&](db::Transaction& tx) {
    JobQueue queue(tx);
    queue.require(lease);
    const TimePoint now = clock_.now();
    if (JobList(tx).cancelRequested(lease)) {
      queue.endCancelled(lease, now);
      if (handler.gaveUp) handler.gaveUp(tx, lease, {"job.cancelled", "the job was cancelled", ""});
    } else if (context.stopReason() == JobContext::Stop::stopping) {
      queue.release(lease, now);
    } else if (isWorthRetrying(kind) && lease.attempt < lease.maxAttempts) {
      queue.retry(lease, failure, now + retryDelay(handler.retry, lease.attempt));
    } else {
      queue.giveUp(lease, failure, now);
      if (handler.gaveUp) handler.gaveUp(tx, lease, failure);
    }
  });
}

// Woken by the bell, so that work which was cancelled ends at once.
void JobRunner::watchLeases() {
  // Nothing was claimed before the threads started, so nothing is due for renewal before a third.
  auto renewAt = std::chrono::steady_clock::now() + settings_.lease / 3;
  for (;;) {
    const auto heard = bell_.rings();
    {
      const std::lock_guard lock(mutex_);
      if (busyThreads_ < 0) return;
    }
    try {
      passOnCancels();
      if (std::chrono::steady_clock::now() >= renewAt) {
        renewLeases();
        renewAt = std::chrono::steady_clock::now() + settings_.lease / 3;
      }
    } catch (const std::exception& error) {  // the next round may still be in time
      if (settings_.log) settings_.log(std::string("watch leases: ") + error.what());
    }
    bell_.wait(heard, std::min(settings_.poll, settings_.lease / 3));
  }
}

void JobRunner::renewLeases() {
  const auto jobs = runningJobs();
  if (jobs.empty()) return;
  const auto lost = database_.write([&](db::Transaction& tx) {
    std::vector<JobContext*> gone;
    for (const auto& [context, lease] : jobs)
      if (!JobQueue(tx).renew(lease, clock_.now() + settings_.lease)) gone.push_back(context);
    return gone;
  });
  for (JobContext* context : lost) stopContext(context, JobContext::Stop::lost);
}

void JobRunner::passOnCancels() {
  const auto jobs = runningJobs();
  if (jobs.empty()) return;
  const auto cancelled = database_.read([&](db::Connection& connection) {
    std::vector<JobContext*> asked;
    for (const auto& [context, lease] : jobs)
      if (JobList(connection).cancelRequested(lease)) asked.push_back(context);
    return asked;
  });
  for (JobContext* context : cancelled) stopContext(context, JobContext::Stop::cancelled);
}

std::vector<std::pair<JobContext*, Lease>> JobRunner::runningJobs() {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<JobContext*, Lease>> jobs;
  for (JobContext* context : running_) jobs.emplace_back(context, context->lease());
  return jobs;
}

void JobRunner::stopContext(JobContext* context, JobContext::Stop why) {
  const std::lock_guard lock(mutex_);
  if (running_.contains(context)) context->stop(why);  // else it ended meanwhile
}

void JobRunner::log(const Lease& lease, const std::string& what) const {
  if (settings_.log)
    settings_.log("job " + std::to_string(lease.id.value) + " (" + lease.kind + ", attempt " +
                  std::to_string(lease.attempt) + "): " + what);
}

}  // namespace clipcourier::jobs
