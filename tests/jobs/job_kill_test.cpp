#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "jobs/job_queue.h"
#include "jobs/job_runner.h"
#include "support/catch.h"
#include "support/test_database.h"
#include "support/wait_for.h"

using namespace clipcourier;
using namespace clipcourier::jobs;
using namespace std::chrono_literals;

namespace {

std::optional<Job> find(db::Database& database, JobId id) {
  return database.read([&](db::Connection& c) { return JobList(c).find(id); });
}

// Runs jobs of kind "work" for ever; never returns.
[[noreturn]] void workForever(const db::DatabaseSettings& settings) {
  db::Database database(settings);
  SystemClock clock;
  Bell bell;
  JobRunner runner(database, clock, bell,
                   {{.kind = "work",
                     .run =
                         [](JobContext& context) {
                           context.progress(50, {"halb", "half"});
                           for (;;) ::pause();
                         }}},
                   {.lease = 500ms, .poll = 20ms});
  runner.start();
  for (;;) ::pause();
}

}  // namespace

TEST_CASE("jobs survive the SIGKILL of the process that ran them", "[jobs]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  SystemClock clock;
  const JobId id = database->write([&](db::Transaction& tx) {
    return JobQueue(tx).add({.kind = "work", .dueAt = clock.now(), .maxAttempts = 2}, clock.now());
  });
  const db::DatabaseSettings settings = database.settings();
  database.close();  // no connection may be shared with the child
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) workForever(settings);
  db::Database own(settings);
  CHECK(waitFor([&] { return find(own, id)->percent == 50; }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(find(own, id)->state == JobState::running);

  SECTION("another worker finishes it once the lease has ended") {
    Bell bell;
    JobRunner runner(own, clock, bell, {{.kind = "work", .run = [](JobContext&) {}}},
                     {.poll = 20ms});
    runner.start();
    CHECK(waitFor([&] { return find(own, id)->state == JobState::done; }));
    CHECK(find(own, id)->attempts == 2);
  }
  SECTION("what kills every process that tries it is given up") {
    own.write([&](db::Transaction& tx) {
      tx.run("UPDATE jobs SET attempts = max_attempts WHERE id = $1", id);
    });
    Bell bell;
    std::string told;
    JobRunner runner(
        own, clock, bell,
        {{.kind = "work",
          .run = [](JobContext&) {},
          .gaveUp = [&](db::Transaction&, const Lease&, const Failure& why) { told = why.code; }}},
        {.poll = 20ms});
    runner.start();
    CHECK(waitFor([&] { return find(own, id)->state == JobState::failed; }));
    CHECK(told == "job.died");
  }
}
