#include "db/alongside.h"

namespace clipcourier::db {
namespace {

thread_local Alongside* innermost = nullptr;

}  // namespace

Alongside::Alongside(std::function<void(Transaction&)> work)
    : work_(std::move(work)), outer_(innermost) {
  innermost = this;
}

Alongside::~Alongside() { innermost = outer_; }

Alongside* Alongside::current() {
  return innermost && !innermost->committed_ ? innermost : nullptr;
}

}  // namespace clipcourier::db
