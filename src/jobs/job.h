#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "base/words.h"

// Plain values of the job queue.
namespace clipcourier::jobs {

using JobId = Id<struct JobTag>;

// Work to be done. What belongs to it is added in the transaction that makes it necessary.
struct NewJob {
  std::string kind = {};       // "video.probe": which handler runs it
  std::int64_t subjectId = 0;  // of the row it is about
  std::string payload = "{}";  // JSON for the handler
  // At most one open (waiting or running) job of a kind has this key.
  std::optional<std::string> dedupeKey = {};
  TimePoint dueAt = {};  // not before
  int priority = 100;    // smaller runs first
  int maxAttempts = 5;
};

// A job lent to one worker. The fence tells it from every other loan of the same job.
struct Lease {
  JobId id;
  std::string kind;
  std::int64_t subjectId = 0;
  std::string payload;
  int attempt = 0;  // 1 on the first run
  int maxAttempts = 0;
  std::int64_t fence = 0;
  TimePoint until;
};

// Why a job will not be tried again, or why it is tried later.
struct Failure {
  std::string code;  // machine-readable, stable
  std::string what;  // for the operator
  std::string hint;  // what to do
};

enum class JobState { waiting, running, done, failed, cancelled };
std::string_view name(JobState state);

// A job as people see it.
struct Job {
  JobId id;
  std::string kind;
  std::int64_t subjectId = 0;
  JobState state = JobState::waiting;
  int attempts = 0;
  int maxAttempts = 0;
  TimePoint dueAt;
  bool cancelRequested = false;
  int percent = 0;
  Words progress;
  std::string payload;
  Failure failure;  // of the last attempt that failed; empty code when none did
};

}  // namespace clipcourier::jobs
