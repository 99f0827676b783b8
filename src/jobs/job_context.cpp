#include "jobs/job_context.h"

#include <algorithm>

#include "jobs/job_queue.h"

namespace clipcourier::jobs {

void JobContext::progress(int percent, const Words& words) {
  percent = std::clamp(percent, 0, 100);
  {
    const std::lock_guard lock(progressMutex_);
    const TimePoint now = clock_.now();
    if (percent == percent_ || (percent_ >= 0 && now - progressAt_ < Millis(500))) return;
    percent_ = percent;
    progressAt_ = now;
  }
  database_.write([&](db::Transaction& tx) { JobQueue(tx).progress(lease_, percent, words); });
}

void JobContext::commit(const Work& work) {
  database_.write([&](db::Transaction& tx) {
    JobQueue(tx).require(lease_);
    work(tx);
  });
}

void JobContext::finish(const Work& work) {
  database_.write([&](db::Transaction& tx) {
    JobQueue(tx).finish(lease_, clock_.now());
    work(tx);
  });
  finished_ = true;
}

void JobContext::stop(Stop why) {
  // What came first stays, except that a lost lease leaves nothing to decide.
  Stop none = Stop::no;
  if (!stop_.compare_exchange_strong(none, why) && why == Stop::lost) stop_ = why;
}

}  // namespace clipcourier::jobs
