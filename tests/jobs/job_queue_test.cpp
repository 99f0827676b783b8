#include "jobs/job_queue.h"

#include "base/error.h"
#include "jobs/retry.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

using namespace clipcourier;
using namespace clipcourier::jobs;
using namespace std::chrono_literals;

namespace {

const std::string kProbe = "probe";

struct Queue {
  explicit Queue(db::Engine engine) : database(engine) {}

  template <class F>
  auto with(F&& fn) {
    return database->write([&](db::Transaction& tx) {
      JobQueue queue(tx);
      return fn(queue);
    });
  }
  JobId add(NewJob job) {
    if (job.kind.empty()) job.kind = kProbe;
    return with([&](JobQueue& queue) { return queue.add(job, clock.now()); });
  }
  std::optional<Lease> claim(Millis lease = 1min, const std::string& kind = kProbe) {
    return with([&](JobQueue& queue) { return queue.claim(kind, "test", clock.now(), lease); });
  }
  Job find(JobId id) {
    return *database->read([&](db::Connection& c) { return JobList(c).find(id); });
  }
  template <class F>
  bool refused(F&& fn) {
    try {
      with([&](JobQueue& queue) {
        fn(queue);
        return 0;
      });
    } catch (const Error& error) {
      return error.code() == "job.lost" && error.kind() == ErrorKind::conflict;
    }
    return false;
  }

  ManualClock clock;
  TestDatabase database;
};

}  // namespace

TEST_CASE("a job comes with what was put in, once", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  const JobId id = q.add({.subjectId = 7, .payload = R"({"x":"ü"})", .dueAt = q.clock.now()});
  CHECK_FALSE(q.claim(1min, "transcode"));
  const auto lease = q.claim();
  REQUIRE(lease);
  CHECK(lease->id == id);
  CHECK(lease->subjectId == 7);
  CHECK(lease->payload == R"({"x":"ü"})");
  CHECK(lease->attempt == 1);
  CHECK(lease->until == q.clock.now() + 1min);
  CHECK_FALSE(q.claim());
  q.with([&](JobQueue& queue) { return queue.finish(*lease, q.clock.now()), 0; });
  CHECK(q.find(id).state == JobState::done);
  CHECK(q.find(id).percent == 100);
  q.clock.advance(1h);
  CHECK_FALSE(q.claim());
}

TEST_CASE("the urgent job comes first, then the older, and none before its time", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  const TimePoint now = q.clock.now();
  const JobId late = q.add({.subjectId = 1, .dueAt = now + 1s});
  const JobId second = q.add({.subjectId = 2, .dueAt = now});
  const JobId third = q.add({.subjectId = 3, .dueAt = now});
  const JobId urgent = q.add({.subjectId = 4, .dueAt = now, .priority = 1});
  CHECK(q.claim()->id == urgent);
  CHECK(q.claim()->id == second);
  CHECK(q.claim()->id == third);
  CHECK_FALSE(q.claim());
  q.clock.advance(1s);
  CHECK(q.claim()->id == late);
}

TEST_CASE("a job outlives the worker that dropped it, and the late worker is shut out", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  const JobId id = q.add({.dueAt = q.clock.now()});
  const Lease late = *q.claim();
  q.clock.advance(59s);
  CHECK_FALSE(q.claim());
  q.clock.advance(1s);
  const auto second = q.claim();
  REQUIRE(second);
  CHECK(second->id == id);
  CHECK(second->attempt == 2);

  const TimePoint now = q.clock.now();
  CHECK_FALSE(q.with([&](JobQueue& queue) { return queue.renew(late, now + 1min); }));
  CHECK(q.refused([&](JobQueue& queue) { queue.require(late); }));
  CHECK(q.refused([&](JobQueue& queue) { queue.progress(late, 99, {"fast", "nearly"}); }));
  CHECK(q.refused([&](JobQueue& queue) { queue.finish(late, now); }));
  CHECK(q.refused([&](JobQueue& queue) { queue.retry(late, {}, now); }));
  CHECK(q.refused([&](JobQueue& queue) { queue.giveUp(late, {}, now); }));
  CHECK(q.refused([&](JobQueue& queue) { queue.release(late, now); }));
  CHECK(q.refused([&](JobQueue& queue) { queue.endCancelled(late, now); }));
  CHECK(q.find(id).state == JobState::running);
  CHECK(q.find(id).percent == 0);
  q.with([&](JobQueue& queue) { return queue.finish(*second, now), 0; });
  CHECK(q.refused([&](JobQueue& queue) { queue.finish(*second, now); }));
}

TEST_CASE("a renewed lease keeps the job, although its first minute passed", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  q.add({.dueAt = q.clock.now()});
  const Lease lease = *q.claim();
  q.clock.advance(50s);
  CHECK(q.with([&](JobQueue& queue) { return queue.renew(lease, q.clock.now() + 1min); }));
  q.clock.advance(50s);
  CHECK_FALSE(q.claim());
  q.with([&](JobQueue& queue) { return queue.require(lease), 0; });
}

TEST_CASE("while a job is open the same key adds no second one", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  const NewJob job{.dedupeKey = "video:7", .dueAt = q.clock.now()};
  const JobId id = q.add(job);
  CHECK(q.add(job) == id);
  const Lease lease = *q.claim();
  CHECK(q.add(job) == id);
  CHECK(q.add({.kind = "other", .dedupeKey = "video:7"}) != id);
  q.with([&](JobQueue& queue) { return queue.finish(lease, q.clock.now()), 0; });
  CHECK(q.add(job) != id);
}

TEST_CASE("a job that is tried later keeps its reason and waits", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  const JobId id = q.add({.dueAt = q.clock.now()});
  const Lease lease = *q.claim();
  q.with([&](JobQueue& queue) {
    queue.progress(lease, 40, {"rechnet", "works"});
    queue.retry(lease, {"disk.full", "no space", "Free some."}, q.clock.now() + 5s);
    return 0;
  });
  const Job job = q.find(id);
  CHECK(job.state == JobState::waiting);
  CHECK(job.failure.code == "disk.full");
  CHECK(job.failure.hint == "Free some.");
  CHECK(job.percent == 0);
  CHECK_FALSE(q.claim());
  q.clock.advance(5s);
  CHECK(q.claim()->attempt == 2);
}

TEST_CASE("a job whose workers all died is not lent again but handed over to be given up",
          "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  const JobId id = q.add({.dueAt = q.clock.now(), .maxAttempts = 2});
  CHECK(q.claim());
  q.clock.advance(1min);
  CHECK(q.claim());
  auto takeLost = [&] {
    return q.with(
        [&](JobQueue& queue) { return queue.takeLost(kProbe, "test", q.clock.now(), 1min); });
  };
  CHECK_FALSE(takeLost());
  q.clock.advance(1min);
  CHECK_FALSE(q.claim());
  CHECK(q.database->read(
      [&](db::Connection& c) { return JobList(c).anyLost(kProbe, q.clock.now()); }));
  const auto lost = takeLost();
  REQUIRE(lost);
  q.with([&](JobQueue& queue) {
    return queue.giveUp(*lost, {"job.died", "", ""}, q.clock.now()), 0;
  });
  CHECK(q.find(id).state == JobState::failed);
  CHECK(q.find(id).failure.code == "job.died");
  CHECK_FALSE(takeLost());
}

TEST_CASE("a job given back by a worker that stops has lost no attempt", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  q.add({.dueAt = q.clock.now()});
  const Lease lease = *q.claim();
  q.with([&](JobQueue& queue) { return queue.release(lease, q.clock.now()), 0; });
  CHECK(q.claim()->attempt == 1);
}

TEST_CASE("a waiting job is cancelled at once, a running one is asked", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  const JobId running = q.add({.dueAt = q.clock.now()});
  const Lease lease = *q.claim();
  const JobId waiting = q.add({.dueAt = q.clock.now()});
  for (const JobId id : {running, waiting})
    CHECK(q.with([&](JobQueue& queue) { return queue.cancel(id, q.clock.now()); }));
  CHECK(q.find(waiting).state == JobState::cancelled);
  CHECK(q.find(running).state == JobState::running);
  CHECK(q.find(running).cancelRequested);
  q.with([&](JobQueue& queue) { return queue.endCancelled(lease, q.clock.now()), 0; });
  CHECK_FALSE(q.with([&](JobQueue& queue) { return queue.cancel(running, q.clock.now()); }));
}

TEST_CASE("what is rolled back has added no job", "[jobs]") {
  Queue q(GENERATE(values(kBothEngines)));
  CHECK_THROWS_AS(q.with([&](JobQueue& queue) -> int {
    queue.add({.kind = kProbe, .dueAt = q.clock.now()}, q.clock.now());
    throw Error(ErrorKind::refused, "second thoughts");
  }),
                  Error);
  CHECK_FALSE(q.claim());
}

TEST_CASE("the delay between attempts doubles, varies, and has a limit", "[jobs]") {
  const RetryPolicy policy{1s, 60s};
  for (int i = 0; i < 50; ++i) {
    CHECK(retryDelay(policy, 1) >= 500ms);
    CHECK(retryDelay(policy, 1) <= 1s);
    CHECK(retryDelay(policy, 4) >= 4s);
    CHECK(retryDelay(policy, 4) <= 8s);
    CHECK(retryDelay(policy, 1000) <= 60s);
  }
}
