#include "db/sqlite_writer.h"

#include "base/error.h"
#include "base/thread_name.h"

namespace clipcourier::db {
namespace {

// Enough to make the fsync cheap per write, few enough that nobody waits long for the others.
constexpr std::size_t kMostTogether = 256;
constexpr Millis kLongestTogether{20};

}  // namespace

SqliteWriter::SqliteWriter(const DatabaseSettings& settings)
    : session_(settings, Session::Mode::readWrite),
      checkpointer_(settings),
      thread_([this] { loop(); }) {}

SqliteWriter::~SqliteWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SqliteWriter::write(const Closure& closure) {
  if (std::this_thread::get_id() == thread_.get_id())
    throw Error(ErrorKind::internal, "write() was called inside a write");
  Job job{&closure, {}, nullptr};
  std::future<void> done = job.done.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) throw Error(ErrorKind::unavailable, "the service is stopping");
    waiting_.push_back(&job);
  }
  wake_.notify_one();
  done.get();
}

void SqliteWriter::loop() {
  nameThread("db-writer");
  for (;;) {
    std::vector<Job*> jobs;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::size_t count = std::min(waiting_.size(), kMostTogether);
      jobs.assign(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    commitTogether(jobs);
    if (checkpointer_.committed(session_.logPages())) finishCheckpoint();
  }
}

// Fulfils the promises of all jobs, except that those beyond the time limit go back to the front of
// the queue.
void SqliteWriter::commitTogether(std::vector<Job*>& jobs) {
  const auto start = std::chrono::steady_clock::now();
  std::size_t ran = 0;
  try {
    session_.execute("BEGIN IMMEDIATE");
    while (ran < jobs.size() &&
           (ran == 0 || std::chrono::steady_clock::now() - start < kLongestTogether))
      runInSavepoint(*jobs[ran++]);
    session_.execute("COMMIT");
  } catch (...) {
    rollback();
    // What failed was the transaction, not a closure: nobody's work is durable.
    if (ran == 0) ran = jobs.size();
    for (std::size_t i = 0; i < ran; ++i) jobs[i]->error = std::current_exception();
  }
  if (ran < jobs.size()) {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(ran), jobs.end());
  }
  // A job lives on its caller's stack and may be gone the moment its promise is kept.
  for (std::size_t i = 0; i < ran; ++i) {
    std::promise<void> done = std::move(jobs[i]->done);
    if (jobs[i]->error)
      done.set_exception(jobs[i]->error);
    else
      done.set_value();
  }
}

// Throws only when the whole transaction is lost.
void SqliteWriter::runInSavepoint(Job& job) {
  session_.execute("SAVEPOINT one");
  try {
    (*job.closure)(session_);
    session_.execute("RELEASE one");
  } catch (...) {
    job.error = std::current_exception();
    if (!session_.inTransaction()) throw;  // SQLite gave up on all of it: disk full, I/O error
    session_.execute("ROLLBACK TO one");
    session_.execute("RELEASE one");
  }
}

void SqliteWriter::finishCheckpoint() {
  try {
    session_.checkpoint();
  } catch (const Error&) {  // the log keeps all of it
  }
}

void SqliteWriter::rollback() {
  try {
    if (session_.inTransaction()) session_.execute("ROLLBACK");
  } catch (const Error&) {  // the next BEGIN reports it
  }
}

}  // namespace clipcourier::db
