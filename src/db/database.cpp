#include "db/database.h"

#include <random>
#include <thread>

#include "base/error.h"
#include "db/alongside.h"
#include "db/database_url.h"
#include "db/session_pool.h"
#include "db/sqlite_writer.h"

namespace clipcourier::db {
namespace {

constexpr int kMostTries = 10;  // of a PostgreSQL transaction that lost against another

// Two that lost against each other must not meet again at once.
void waitBeforeTry(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::this_thread::sleep_for(Millis(random() % (1U << std::min(attempt, 7))));
}

// Begins, runs, and commits on PostgreSQL. Returns false when the transaction lost a race with
// another one and should be repeated.
bool tryTransaction(SessionPool& pool, const std::function<void(Transaction&)>& fn, bool lastTry) {
  SessionPool::Lease session = pool.take();
  try {
    session->execute("BEGIN");
    fn(*session);
    session->execute("COMMIT");
    return true;
  } catch (const Error& e) {
    // A lost connection may hide a commit that happened: only a refusal by the server is repeated.
    const bool race = std::string_view(e.what()).find("(40") != std::string_view::npos;
    try {
      session->execute("ROLLBACK");
    } catch (const Error&) {
      session.discard();
    }
    if (race && !lastTry) return false;
    throw;
  } catch (...) {
    session.discard();
    throw;
  }
}

}  // namespace

struct Database::Impl {
  explicit Impl(const DatabaseSettings& settings)
      : engine(engineOf(settings.url)),
        readers(settings, Session::Mode::readOnly, settings.readers),
        writers(settings, Session::Mode::readWrite, settings.writers) {
    if (engine == Engine::sqlite) sqliteWriter = std::make_unique<SqliteWriter>(settings);
  }
  Engine engine;
  std::unique_ptr<SqliteWriter> sqliteWriter;  // SQLite only
  SessionPool readers;
  SessionPool writers;  // PostgreSQL only

  void write(const std::function<void(Transaction&)>& fn) {
    if (sqliteWriter) return sqliteWriter->write(fn);
    for (int attempt = 1; !tryTransaction(writers, fn, attempt == kMostTries); ++attempt)
      waitBeforeTry(attempt);
  }
};

Database::Database(DatabaseSettings settings) : impl_(std::make_unique<Impl>(settings)) {}
Database::~Database() = default;

Engine Database::engine() const { return impl_->engine; }

void Database::writeErased(const std::function<void(Transaction&)>& fn) {
  Alongside* also = Alongside::current();
  if (!also) return impl_->write(fn);
  impl_->write([&](Transaction& tx) {
    fn(tx);
    also->work_(tx);
  });
  also->committed_ = true;
}

void Database::readErased(const std::function<void(Connection&)>& fn, bool snapshot) {
  SessionPool::Lease session = impl_->readers.take();
  try {
    if (!snapshot) return fn(*session);
    session->execute(
        session->pick("BEGIN", "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    fn(*session);
    session->execute("COMMIT");
  } catch (...) {
    // After a restart of the server every pooled session is dead: each is to fail once only.
    if (snapshot || !session->isConnected()) session.discard();
    throw;
  }
}

}  // namespace clipcourier::db
