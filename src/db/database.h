#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "base/secret.h"
#include "db/connection.h"

namespace clipcourier::db {

struct DatabaseSettings {
  // "sqlite:var/clipcourier.db" or "postgresql://user@host:port/name" (libpq's URI form; a socket
  // folder goes into ?host=/path). May hold a password.
  Secret url{"sqlite:var/clipcourier.db"};
  int readers = 8;                       // connections that only read
  int writers = 8;                       // PostgreSQL only; SQLite has one writer thread
  std::chrono::seconds lockTimeout{10};  // how long to wait for another process's lock
};

// The one way to the database. Thread-safe.
//
// SQLite: one writer thread gathers the closures that wait into one BEGIN IMMEDIATE transaction,
// one savepoint each, synchronous=FULL, so a thousand small writes share one fsync. PostgreSQL:
// each closure is a transaction of its own, repeated when the server reports a serialisation
// failure.
class Database {
 public:
  explicit Database(DatabaseSettings settings);
  ~Database();
  Database(const Database&) = delete;

  Engine engine() const;

  // Runs fn(Transaction&) and returns its result once it is durable. fn must have no side effects
  // beyond the transaction (it may run twice), must not call write() again, and should take at most
  // 20 ms: cut bulk work into chunks. What fn throws is rethrown here, and its writes are undone.
  template <class F>
  auto write(F&& fn) -> std::invoke_result_t<F, Transaction&> {
    using Result = std::invoke_result_t<F, Transaction&>;
    if constexpr (std::is_void_v<Result>) {
      writeErased([&](Transaction& tx) { fn(tx); });
    } else {
      std::optional<Result> result;
      writeErased([&](Transaction& tx) { result.emplace(fn(tx)); });
      return std::move(*result);
    }
  }

  // Runs fn(Connection&) on a connection that only reads; every statement sees the newest commit.
  template <class F>
  auto read(F&& fn) -> std::invoke_result_t<F, Connection&> {
    return withReader<F>(std::forward<F>(fn), false);
  }

  // As read(), but all statements of fn see the same state of the database. Keep it short: on
  // SQLite it keeps the write-ahead log from being trimmed.
  template <class F>
  auto snapshot(F&& fn) -> std::invoke_result_t<F, Connection&> {
    return withReader<F>(std::forward<F>(fn), true);
  }

 private:
  template <class F>
  auto withReader(F&& fn, bool snapshot) -> std::invoke_result_t<F, Connection&> {
    using Result = std::invoke_result_t<F, Connection&>;
    if constexpr (std::is_void_v<Result>) {
      readErased([&](Connection& connection) { fn(connection); }, snapshot);
    } else {
      std::optional<Result> result;
      readErased([&](Connection& connection) { result.emplace(fn(connection)); }, snapshot);
      return std::move(*result);
    }
  }
  void writeErased(const std::function<void(Transaction&)>& fn);
  void readErased(const std::function<void(Connection&)>& fn, bool snapshot);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipcourier::db
