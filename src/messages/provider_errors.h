#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/id.h"
#include "db/connection.h"

namespace clipcourier::messages {

// How often providers refused, by sender, code and hour.
class ProviderErrors {
 public:
  struct Count {
    bool listed = true;  // the channel knows the code
    std::int64_t refusals = 0;
    std::int64_t givenUp = 0;  // of them, how many ended their message
  };
  using Counts = std::map<std::pair<SenderId, std::string>, Count>;  // by sender and code

  explicit ProviderErrors(db::Transaction& tx) : tx_(tx) {}
  void add(const Counts& counts, TimePoint now);

 private:
  db::Transaction& tx_;
};

}  // namespace clipcourier::messages
