#pragma once

#include <functional>

#include "db/connection.h"

namespace clipcourier::db {

// Something to commit together with the next write() of this thread, whoever makes it. A request
// notes its Idempotency-Key with its effect this way, though the effect is made by code that knows
// nothing of requests.
//
// While it lives, the first write() of its thread that becomes durable ends with `work`, in the
// same transaction; what `work` throws undoes both. Like every closure, `work` may run twice.
class Alongside {
 public:
  explicit Alongside(std::function<void(Transaction&)> work);
  ~Alongside();
  Alongside(const Alongside&) = delete;

  bool committed() const { return committed_; }

 private:
  friend class Database;
  static Alongside* current();  // of this thread; null when there is none, or it is committed

  std::function<void(Transaction&)> work_;
  Alongside* outer_;
  bool committed_ = false;
};

}  // namespace clipcourier::db
