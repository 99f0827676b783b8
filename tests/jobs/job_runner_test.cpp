#include "jobs/job_runner.h"

#include <atomic>
#include <future>

#include "base/error.h"
#include "jobs/job_queue.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"
#include "support/wait_for.h"

using namespace clipcourier;
using namespace clipcourier::jobs;
using namespace std::chrono_literals;

namespace {

// Declared last in a test, so that its threads end before what the handler captures.
struct Running {
  Running(TestDatabase& db, const Clock& clock, Handler handler, RunnerSettings settings = {})
      : database(db), runner(*db, clock, bell, {withKind(std::move(handler))}, settings) {
    runner.start();
  }
  static Handler withKind(Handler handler) {
    handler.kind = "work";
    return handler;
  }
  Bell bell;
  TestDatabase& database;
  JobRunner runner;
};

JobId add(TestDatabase& database, const Clock& clock, int maxAttempts = 3) {
  return database->write([&](db::Transaction& tx) {
    return JobQueue(tx).add(
        {.kind = "work", .subjectId = 7, .dueAt = clock.now(), .maxAttempts = maxAttempts},
        clock.now());
  });
}

Job find(TestDatabase& database, JobId id) {
  return *database->read([&](db::Connection& c) { return JobList(c).find(id); });
}

bool reaches(TestDatabase& database, JobId id, JobState state) {
  return waitFor([&] { return find(database, id).state == state; });
}

void untilCancelled(JobContext& context) {
  if (!waitFor([&] { return context.cancelled(); })) return;  // finished: the test then fails
  throw Error(ErrorKind::unavailable, "stopped");
}

}  // namespace

TEST_CASE("an added job runs at once when the bell rings", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  std::atomic<std::int64_t> subject = 0;
  Running r(database, clock, {.run = [&](JobContext& c) { subject = c.lease().subjectId; }},
            {.poll = 1h});
  const JobId id = add(database, clock);
  r.bell.ring();
  CHECK(reaches(database, id, JobState::done));
  CHECK(subject == 7);
}

TEST_CASE("a job another process added is found by looking", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  Running r(database, clock, {.run = [](JobContext&) {}}, {.poll = 10ms});
  CHECK(reaches(database, add(database, clock), JobState::done));
}

TEST_CASE("several threads share the jobs and none runs twice", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  std::atomic<int> runs = 0;
  std::vector<JobId> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(add(database, clock));
  Running r(database, clock, {.threads = 4, .run = [&](JobContext&) { ++runs; }}, {.poll = 10ms});
  Running other(database, clock, {.threads = 4, .run = [&](JobContext&) { ++runs; }},
                {.poll = 10ms});
  for (const JobId id : ids) CHECK(reaches(database, id, JobState::done));
  CHECK(runs == 60);
}

TEST_CASE("a failure that may pass is tried again later, then given up with its reason", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  std::promise<Failure> gaveUp;
  Running r(database, clock,
            {.run = [](JobContext&) -> void {
               throw Error(ErrorKind::unavailable, "no route", "Plug it in.", "net.away");
             },
             .gaveUp = [&](db::Transaction&, const Lease&,
                           const Failure& why) { gaveUp.set_value(why); }},
            {.poll = 10ms});
  const JobId id = add(database, clock, 2);
  REQUIRE(waitFor([&] { return find(database, id).failure.code == "net.away"; }));
  const Job waiting = find(database, id);
  CHECK(waiting.state == JobState::waiting);
  CHECK(waiting.dueAt > clock.now());
  clock.advance(5s);
  REQUIRE(reaches(database, id, JobState::failed));
  CHECK(find(database, id).attempts == 2);
  CHECK(gaveUp.get_future().get().hint == "Plug it in.");
}

TEST_CASE("a failure that stays is given up at once, in one commit with its subject", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  Running r(
      database, clock,
      {.run = [](JobContext&) -> void { throw Error(ErrorKind::refused, "no video"); },
       .gaveUp =
           [&](db::Transaction& tx, const Lease& lease, const Failure& why) {
             JobQueue(tx).add(
                 {.kind = "told", .subjectId = lease.subjectId, .payload = "\"" + why.what + "\""},
                 clock.now());
           }},
      {.poll = 10ms});
  const JobId id = add(database, clock);
  REQUIRE(reaches(database, id, JobState::failed));
  CHECK(database->read([](db::Connection& c) { return JobList(c).latest("told", 7); }));
  CHECK(find(database, id).attempts == 1);
}

TEST_CASE("progress is shown in per cent and words, and not for every frame", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  std::promise<void> seen;
  Running r(database, clock,
            {.run =
                 [&](JobContext& context) {
                   context.progress(10, {"kodiert", "encodes"});
                   context.progress(11, {"kodiert", "encodes"});
                   seen.get_future().wait_for(20s);
                 }},
            {.poll = 10ms});
  const JobId id = add(database, clock);
  CHECK(waitFor([&] { return find(database, id).percent == 10; }));
  CHECK(find(database, id).progress == Words{"kodiert", "encodes"});
  seen.set_value();
  CHECK(reaches(database, id, JobState::done));
}

TEST_CASE("leases are renewed while a handler works longer than its lease", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  SystemClock clock;
  std::promise<void> enough;
  std::atomic<int> runs = 0;
  Running r(database, clock,
            {.threads = 2,
             .run =
                 [&](JobContext& context) {
                   ++runs;
                   enough.get_future().wait_for(20s);
                   context.commit([](db::Transaction&) {});
                 }},
            {.lease = 3s, .poll = 20ms});  // long enough for a busy machine to renew in time
  const TimePoint start = clock.now();
  const JobId id = add(database, clock);
  CHECK(waitFor([&] { return clock.now() > start + 4s; }));
  CHECK(runs == 1);
  enough.set_value();
  CHECK(reaches(database, id, JobState::done));
}

TEST_CASE("a worker that lost its lease writes nothing and the job goes on elsewhere", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  std::promise<void> started, goOn;
  std::promise<std::string> late;
  std::atomic<int> runs = 0;
  Running r(database, clock,
            {.run =
                 [&](JobContext& context) {
                   if (++runs > 1) return;
                   started.set_value();
                   goOn.get_future().wait_for(20s);
                   try {
                     context.finish([](db::Transaction& tx) { tx.run("DELETE FROM jobs"); });
                     late.set_value("finished");
                   } catch (const Error& error) {
                     late.set_value(error.code());
                     throw;
                   }
                 }},
            {.lease = 1h, .poll = 10ms});
  const JobId id = add(database, clock);
  REQUIRE(started.get_future().wait_for(20s) == std::future_status::ready);
  clock.advance(1h);
  Running other(database, clock, {.run = [&](JobContext&) { ++runs; }}, {.poll = 10ms});
  REQUIRE(reaches(database, id, JobState::done));
  goOn.set_value();
  CHECK(late.get_future().get() == "job.lost");
  CHECK(find(database, id).attempts == 2);
}

TEST_CASE("cancelling ends a running handler and tells the subject", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  std::promise<std::string> told;
  Running r(database, clock,
            {.run = untilCancelled,
             .gaveUp = [&](db::Transaction&, const Lease&,
                           const Failure& why) { told.set_value(why.code); }},
            {.poll = 10ms});
  const JobId id = add(database, clock);
  REQUIRE(reaches(database, id, JobState::running));
  CHECK(database->write([&](db::Transaction& tx) { return JobQueue(tx).cancel(id, clock.now()); }));
  CHECK(reaches(database, id, JobState::cancelled));
  CHECK(told.get_future().get() == "job.cancelled");
}

TEST_CASE("stopping gives running jobs back untried within the bound", "[jobs]") {
  TestDatabase database(GENERATE(values(kBothEngines)));
  ManualClock clock;
  Running r(database, clock, {.run = untilCancelled}, {.poll = 10ms});
  const JobId id = add(database, clock);
  REQUIRE(reaches(database, id, JobState::running));
  CHECK(r.runner.stop(10s));
  const Job job = find(database, id);
  CHECK(job.state == JobState::waiting);
  CHECK(job.attempts == 0);
}

TEST_CASE("stopping does not wait longer than its bound for a deaf handler", "[jobs]") {
  TestDatabase database(db::Engine::sqlite);
  ManualClock clock;
  std::promise<void> end;
  Running r(database, clock, {.run = [&](JobContext&) { end.get_future().wait_for(20s); }},
            {.poll = 10ms});
  const JobId id = add(database, clock);
  REQUIRE(reaches(database, id, JobState::running));
  CHECK_FALSE(r.runner.stop(50ms));
  end.set_value();
  CHECK(r.runner.stop(10s));
  CHECK(find(database, id).state == JobState::done);
}
