#include "tracking/counter_job.h"

#include "jobs/job_queue.h"

namespace clipcourier::tracking {
namespace {

// One run ends after so many, so that a job is never long; the next one goes on.
constexpr int kMostAtOnce = 20;
constexpr int kPriority = 200;  // after everything that somebody waits for

}  // namespace

void CounterJob::addWhenDue() {
  if (every_ <= Millis(0) || !audit_.due(clock_.now() - every_)) return;
  database_.write([&](db::Transaction& tx) {
    jobs::NewJob job;
    job.kind = kCountersJob;
    job.dedupeKey = "all";
    job.dueAt = clock_.now();
    job.priority = kPriority;
    jobs::JobQueue(tx).add(job, clock_.now());
  });
  bell_.ring();
}

jobs::Handler CounterJob::handler() const {
  jobs::Handler handler;
  handler.kind = kCountersJob;
  handler.run = [this](jobs::JobContext& context) { run(context); };
  return handler;
}

void CounterJob::run(jobs::JobContext& context) const {
  for (int i = 0; i < kMostAtOnce && !context.cancelled(); ++i) {
    const auto campaign = audit_.due(clock_.now() - every_);
    if (!campaign) return;
    const CounterCheck check = audit_.verify(*campaign);
    if (!check.differences.empty()) log_(check);
  }
}

}  // namespace clipcourier::tracking
