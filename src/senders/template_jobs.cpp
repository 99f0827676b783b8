#include "senders/template_jobs.h"

#include "jobs/job_queue.h"
#include "senders/sender_repository.h"

namespace clipcourier::senders {
namespace {

constexpr auto kTemplateJob = "sender.templates";

}  // namespace

int TemplateJobs::addDue() {
  const TimePoint now = clock_.now();
  if (database_.read([&](db::Connection& c) { return SenderRepository(c).templatesDue(now); })
          .empty())
    return 0;
  const int count = database_.write([&](db::Transaction& tx) {
    SenderRepository senders(tx);
    const auto due = senders.templatesDue(now);
    for (const SenderId id : due) {
      jobs::NewJob job;
      job.kind = kTemplateJob;
      job.subjectId = id.value;
      job.dedupeKey = std::to_string(id.value);
      job.dueAt = now;
      jobs::JobQueue(tx).add(job, now);
      senders.setTemplatesDue(id, now + every_);
    }
    return static_cast<int>(due.size());
  });
  bell_.ring();
  return count;
}

jobs::Handler TemplateJobs::handler() {
  jobs::Handler handler;
  handler.kind = kTemplateJob;
  handler.run = [this](jobs::JobContext& context) {
    sync_.run(SenderId{context.lease().subjectId}, Actor{});
  };
  return handler;
}

}  // namespace clipcourier::senders
