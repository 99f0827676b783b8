#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "db/session.h"

namespace clipcourier::db {

// Lends sessions; opens them when first needed, at most `size` at once. Thread-safe.
class SessionPool {
 public:
  SessionPool(DatabaseSettings settings, Session::Mode mode, int size);

  // Gives the session back when it goes; call discard() first when its state is in doubt.
  class Lease {
   public:
    Lease(SessionPool& pool, std::unique_ptr<Session> session)
        : pool_(pool), session_(std::move(session)) {}
    ~Lease() { pool_.giveBack(std::move(session_)); }
    Lease(const Lease&) = delete;
    Session& operator*() { return *session_; }
    Session* operator->() { return session_.get(); }
    void discard() { session_.reset(); }

   private:
    SessionPool& pool_;
    std::unique_ptr<Session> session_;
  };
  Lease take();  // waits while all are lent

 private:
  void giveBack(std::unique_ptr<Session> session);

  DatabaseSettings settings_;
  Session::Mode mode_;
  int free_;  // how many more may be lent
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace clipcourier::db
