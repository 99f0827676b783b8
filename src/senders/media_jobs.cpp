#include "senders/media_jobs.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "jobs/job_queue.h"

namespace clipcourier::senders {
namespace {

constexpr auto kMediaJob = "sender.media";
constexpr int kThreads = 2;
constexpr int kRenewAtOnce = 20;
constexpr Millis kAskAgain{5'000};  // the dispatcher asks many times a second

namespace sql {
// Whether a campaign that is not over sends this file from this number.
constexpr auto inUse = R"sql(
  SELECT 1 FROM campaigns c JOIN campaign_contents t ON t.campaign_id = c.id
  WHERE c.sender_id = $1 AND t.clip_sha256 = $2 AND c.state IN ('scheduled', 'launching', 'running', 'paused')
  LIMIT 1)sql";
}  // namespace sql

}  // namespace

void MediaJobs::want(SenderId sender, const std::string& sha256) {
  {
    const std::lock_guard lock(mutex_);
    TimePoint& last = wanted_[{sender, sha256}];
    if (clock_.now() < last + kAskAgain) return;
    last = clock_.now();
  }
  add(sender, sha256);
}

int MediaJobs::renewDue() {
  const auto due = database_.read([&](db::Connection& connection) {
    auto found = MediaLedger::due(connection, clock_.now(), kRenewAtOnce);
    std::erase_if(found, [&](const MediaLedger::Due& one) {
      return !connection.scalar<std::int64_t>(sql::inUse, one.sender, one.sha256);
    });
    return found;
  });
  for (const MediaLedger::Due& one : due) add(one.sender, one.sha256);
  return static_cast<int>(due.size());
}

void MediaJobs::add(SenderId sender, const std::string& sha256) {
  jobs::NewJob job;
  job.kind = kMediaJob;
  job.subjectId = sender.value;
  job.payload = nlohmann::json{{"sha256", sha256}}.dump();
  job.dedupeKey = std::to_string(sender.value) + ":" + sha256;
  job.dueAt = clock_.now();
  database_.write([&](db::Transaction& tx) { jobs::JobQueue(tx).add(job, clock_.now()); });
  bell_.ring();
}

jobs::Handler MediaJobs::handler() {
  jobs::Handler handler;
  handler.kind = kMediaJob;
  handler.threads = kThreads;
  handler.run = [this](jobs::JobContext& context) { run(context); };
  return handler;
}

void MediaJobs::run(jobs::JobContext& context) {
  MediaWanted wanted;
  wanted.sender = SenderId{context.lease().subjectId};
  wanted.sha256 = nlohmann::json::parse(context.lease().payload).at("sha256").get<std::string>();
  ledger_.ensure(wanted);
}

}  // namespace clipcourier::senders
