#pragma once

#include <string>
#include <utility>

namespace clipcourier {

// A value that must not reach a log, an answer or an error: it has no operator<< and no implicit
// conversion. reveal() marks every place where it leaves its wrapper.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace clipcourier
