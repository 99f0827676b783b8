#include "jobs/job_queue.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::jobs {
namespace sql {

constexpr auto add = R"sql(
  INSERT INTO jobs (kind, subject_id, dedupe_key, payload, state, priority, due_at_ms, attempts,
                    max_attempts, fence, created_at_ms)
  VALUES ($1, $2, $3, $4, 'waiting', $5, $6, 0, $7, 0, $8)
  ON CONFLICT (kind, dedupe_key) WHERE state IN ('waiting', 'running') DO NOTHING
  RETURNING id)sql";

constexpr auto openWithKey = R"sql(
  SELECT id FROM jobs
  WHERE kind = $1 AND dedupe_key = $2 AND state IN ('waiting', 'running'))sql";

// The fence stays: claiming raises it, and state alone shuts the late worker out until then.
constexpr auto recoverExpiredSqlite = R"sql(
  UPDATE jobs SET state = 'waiting', owner = NULL, lease_until_ms = NULL
  WHERE state = 'running' AND lease_until_ms <= $1 AND kind = $2 AND attempts < max_attempts)sql";
constexpr auto recoverExpiredPostgresql = R"sql(
  UPDATE jobs SET state = 'waiting', owner = NULL, lease_until_ms = NULL
  WHERE id IN (SELECT id FROM jobs WHERE state = 'running' AND lease_until_ms <= $1 AND kind = $2
               AND attempts < max_attempts FOR UPDATE SKIP LOCKED))sql";

constexpr auto claimSqlite = R"sql(
  UPDATE jobs SET state = 'running', attempts = attempts + 1, fence = fence + 1, owner = $1,
                  lease_until_ms = $2
  WHERE id = (SELECT id FROM jobs WHERE kind = $3 AND state = 'waiting' AND due_at_ms <= $4
              ORDER BY priority, due_at_ms, id LIMIT 1)
  RETURNING id, subject_id, payload, attempts, max_attempts, fence)sql";
constexpr auto claimPostgresql = R"sql(
  UPDATE jobs SET state = 'running', attempts = attempts + 1, fence = fence + 1, owner = $1,
                  lease_until_ms = $2
  WHERE id = (SELECT id FROM jobs WHERE kind = $3 AND state = 'waiting' AND due_at_ms <= $4
              ORDER BY priority, due_at_ms, id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING id, subject_id, payload, attempts, max_attempts, fence)sql";

constexpr auto takeLostSqlite = R"sql(
  UPDATE jobs SET fence = fence + 1, owner = $1, lease_until_ms = $2
  WHERE id = (SELECT id FROM jobs WHERE state = 'running' AND lease_until_ms <= $3 AND kind = $4
              AND attempts >= max_attempts ORDER BY id LIMIT 1)
  RETURNING id, subject_id, payload, attempts, max_attempts, fence)sql";
constexpr auto takeLostPostgresql = R"sql(
  UPDATE jobs SET fence = fence + 1, owner = $1, lease_until_ms = $2
  WHERE id = (SELECT id FROM jobs WHERE state = 'running' AND lease_until_ms <= $3 AND kind = $4
              AND attempts >= max_attempts ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING id, subject_id, payload, attempts, max_attempts, fence)sql";

constexpr auto renew = R"sql(
  UPDATE jobs SET lease_until_ms = $1 WHERE id = $2 AND fence = $3 AND state = 'running')sql";

// Changes nothing, but locks the row.
constexpr auto require = R"sql(
  UPDATE jobs SET fence = fence WHERE id = $1 AND fence = $2 AND state = 'running')sql";

constexpr auto progress = R"sql(
  UPDATE jobs SET progress_percent = $1, progress = $2
  WHERE id = $3 AND fence = $4 AND state = 'running')sql";

constexpr auto finish = R"sql(
  UPDATE jobs SET state = 'done', progress_percent = 100, owner = NULL, lease_until_ms = NULL,
                  finished_at_ms = $1
  WHERE id = $2 AND fence = $3 AND state = 'running')sql";

constexpr auto retry = R"sql(
  UPDATE jobs SET state = 'waiting', due_at_ms = $1, error_code = $2, error = $3, hint = $4,
                  progress_percent = 0, progress = '{}', owner = NULL, lease_until_ms = NULL
  WHERE id = $5 AND fence = $6 AND state = 'running')sql";

constexpr auto giveUp = R"sql(
  UPDATE jobs SET state = 'failed', error_code = $1, error = $2, hint = $3, owner = NULL,
                  lease_until_ms = NULL, finished_at_ms = $4
  WHERE id = $5 AND fence = $6 AND state = 'running')sql";

constexpr auto endCancelled = R"sql(
  UPDATE jobs SET state = 'cancelled', owner = NULL, lease_until_ms = NULL, finished_at_ms = $1
  WHERE id = $2 AND fence = $3 AND state = 'running')sql";

constexpr auto release = R"sql(
  UPDATE jobs SET state = 'waiting', due_at_ms = $1, attempts = attempts - 1, owner = NULL,
                  progress_percent = 0, progress = '{}', lease_until_ms = NULL
  WHERE id = $2 AND fence = $3 AND state = 'running')sql";

constexpr auto cancelWaiting = R"sql(
  UPDATE jobs SET state = 'cancelled', finished_at_ms = $1
  WHERE id = $2 AND state = 'waiting')sql";
constexpr auto requestCancel = R"sql(
  UPDATE jobs SET cancel_requested = 1 WHERE id = $1 AND state = 'running')sql";

constexpr auto cancelWaitingAbout = R"sql(
  UPDATE jobs SET state = 'cancelled', finished_at_ms = $1
  WHERE kind = $2 AND subject_id = $3 AND state = 'waiting')sql";
constexpr auto requestCancelAbout = R"sql(
  UPDATE jobs SET cancel_requested = 1
  WHERE kind = $1 AND subject_id = $2 AND state = 'running')sql";

#define JOB_COLUMNS                                                                    \
  "id, kind, subject_id, state, attempts, max_attempts, due_at_ms, cancel_requested, " \
  "progress_percent, progress, payload, error_code, error, hint"

constexpr auto find = "SELECT " JOB_COLUMNS " FROM jobs WHERE id = $1";
constexpr auto latest =
    "SELECT " JOB_COLUMNS " FROM jobs WHERE kind = $1 AND subject_id = $2 ORDER BY id DESC LIMIT 1";
constexpr auto open = "SELECT " JOB_COLUMNS
                      " FROM jobs WHERE kind = $1 AND subject_id BETWEEN $2 AND $3"
                      " AND state IN ('waiting', 'running') AND cancel_requested = 0"
                      " ORDER BY id DESC";

constexpr auto anyWaiting = R"sql(
  SELECT 1 FROM jobs WHERE kind = $1 AND state = 'waiting' AND due_at_ms <= $2 LIMIT 1)sql";
constexpr auto anyExpired = R"sql(
  SELECT 1 FROM jobs WHERE state = 'running' AND lease_until_ms <= $1 AND kind = $2
  AND attempts < max_attempts LIMIT 1)sql";
constexpr auto anyLost = R"sql(
  SELECT 1 FROM jobs WHERE state = 'running' AND lease_until_ms <= $1 AND kind = $2
  AND attempts >= max_attempts LIMIT 1)sql";
constexpr auto cancelRequested = R"sql(
  SELECT cancel_requested FROM jobs WHERE id = $1 AND fence = $2)sql";

}  // namespace sql

namespace {

using Claimed = std::tuple<JobId, std::int64_t, std::string, int, int, std::int64_t>;

Lease toLease(const Claimed& row, const std::string& kind, TimePoint until) {
  const auto& [id, subjectId, payload, attempt, maxAttempts, fence] = row;
  return {id, kind, subjectId, payload, attempt, maxAttempts, fence, until};
}

JobState stateNamed(const std::string& text) {
  for (const JobState state : {JobState::waiting, JobState::running, JobState::done,
                               JobState::failed, JobState::cancelled})
    if (name(state) == text) return state;
  throw Error(ErrorKind::internal, "unknown job state in the database");
}

using JobRow = std::tuple<JobId, std::string, std::int64_t, std::string, int, int, TimePoint, bool,
                          int, std::string, std::string, std::string, std::string, std::string>;

Job toJob(const JobRow& row) {
  const auto& [id, kind, subjectId, state, attempts, maxAttempts, dueAt, cancelRequested, percent,
               progress, payload, code, what, hint] = row;
  return {id,        kind,
          subjectId, stateNamed(state),
          attempts,  maxAttempts,
          dueAt,     cancelRequested,
          percent,   nlohmann::json::parse(progress).get<Words>(),
          payload,   {code, what, hint}};
}

template <class... Args>
std::vector<Job> queryJobs(db::Connection& connection, std::string_view sql, const Args&... args) {
  std::vector<Job> jobs;
  for (const JobRow& row :
       connection.query<JobId, std::string, std::int64_t, std::string, int, int, TimePoint, bool,
                        int, std::string, std::string, std::string, std::string, std::string>(
           sql, args...))
    jobs.push_back(toJob(row));
  return jobs;
}

std::optional<Job> first(std::vector<Job> jobs) {
  if (jobs.empty()) return std::nullopt;
  return std::move(jobs.front());
}

}  // namespace

std::string_view name(JobState state) {
  switch (state) {
    case JobState::waiting: return "waiting";
    case JobState::running: return "running";
    case JobState::done: return "done";
    case JobState::failed: return "failed";
    case JobState::cancelled: return "cancelled";
  }
  return "waiting";
}

JobId JobQueue::add(const NewJob& job, TimePoint now) {
  const auto added = tx_.scalar<JobId>(sql::add, job.kind, job.subjectId, job.dedupeKey,
                                       job.payload, job.priority, job.dueAt, job.maxAttempts, now);
  if (added) return *added;
  const auto open = tx_.scalar<JobId>(sql::openWithKey, job.kind, job.dedupeKey);
  // It may have ended between the two statements; the caller's second try then adds.
  if (!open) throw Error(ErrorKind::conflict, "a job of this kind just ended", "Try again.");
  return *open;
}

std::optional<Lease> JobQueue::claim(const std::string& kind, const std::string& owner,
                                     TimePoint now, Millis lease) {
  tx_.run(tx_.pick(sql::recoverExpiredSqlite, sql::recoverExpiredPostgresql), now, kind);
  const auto row = tx_.queryOne<JobId, std::int64_t, std::string, int, int, std::int64_t>(
      tx_.pick(sql::claimSqlite, sql::claimPostgresql), owner, now + lease, kind, now);
  if (!row) return std::nullopt;
  return toLease(*row, kind, now + lease);
}

std::optional<Lease> JobQueue::takeLost(const std::string& kind, const std::string& owner,
                                        TimePoint now, Millis lease) {
  const auto row = tx_.queryOne<JobId, std::int64_t, std::string, int, int, std::int64_t>(
      tx_.pick(sql::takeLostSqlite, sql::takeLostPostgresql), owner, now + lease, now, kind);
  if (!row) return std::nullopt;
  return toLease(*row, kind, now + lease);
}

bool JobQueue::renew(const Lease& lease, TimePoint until) {
  return tx_.run(sql::renew, until, lease.id, lease.fence) == 1;
}

void JobQueue::require(const Lease& lease) {
  requireOne(tx_.run(sql::require, lease.id, lease.fence), lease);
}

void JobQueue::progress(const Lease& lease, int percent, const Words& words) {
  requireOne(tx_.run(sql::progress, percent, nlohmann::json(words).dump(), lease.id, lease.fence),
             lease);
}

void JobQueue::finish(const Lease& lease, TimePoint now) {
  requireOne(tx_.run(sql::finish, now, lease.id, lease.fence), lease);
}

void JobQueue::retry(const Lease& lease, const Failure& why, TimePoint dueAt) {
  requireOne(tx_.run(sql::retry, dueAt, why.code, why.what, why.hint, lease.id, lease.fence),
             lease);
}

void JobQueue::giveUp(const Lease& lease, const Failure& why, TimePoint now) {
  requireOne(tx_.run(sql::giveUp, why.code, why.what, why.hint, now, lease.id, lease.fence), lease);
}

void JobQueue::endCancelled(const Lease& lease, TimePoint now) {
  requireOne(tx_.run(sql::endCancelled, now, lease.id, lease.fence), lease);
}

void JobQueue::release(const Lease& lease, TimePoint now) {
  requireOne(tx_.run(sql::release, now, lease.id, lease.fence), lease);
}

bool JobQueue::cancel(JobId id, TimePoint now) {
  return tx_.run(sql::cancelWaiting, now, id) == 1 || tx_.run(sql::requestCancel, id) == 1;
}

void JobQueue::cancelAbout(const std::string& kind, std::int64_t subjectId, TimePoint now) {
  tx_.run(sql::cancelWaitingAbout, now, kind, subjectId);
  tx_.run(sql::requestCancelAbout, kind, subjectId);
}

void JobQueue::requireOne(std::int64_t rows, const Lease& lease) const {
  if (rows != 1)
    throw Error(ErrorKind::conflict,
                "job " + std::to_string(lease.id.value) + " has been taken by another worker",
                "Nothing to do: the other worker goes on with it.", "job.lost");
}

std::optional<Job> JobList::find(JobId id) { return first(queryJobs(connection_, sql::find, id)); }

std::optional<Job> JobList::latest(const std::string& kind, std::int64_t subjectId) {
  return first(queryJobs(connection_, sql::latest, kind, subjectId));
}

std::vector<Job> JobList::open(const std::string& kind, std::int64_t from, std::int64_t to) {
  return queryJobs(connection_, sql::open, kind, from, to);
}

bool JobList::anyDue(const std::string& kind, TimePoint now) {
  return connection_.scalar<int>(sql::anyWaiting, kind, now).has_value() ||
         connection_.scalar<int>(sql::anyExpired, now, kind).has_value();
}

bool JobList::anyLost(const std::string& kind, TimePoint now) {
  return connection_.scalar<int>(sql::anyLost, now, kind).has_value();
}

bool JobList::cancelRequested(const Lease& lease) {
  return connection_.scalar<bool>(sql::cancelRequested, lease.id, lease.fence).value_or(false);
}

}  // namespace clipcourier::jobs
