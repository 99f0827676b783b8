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
  // By sender and code: how many, of codes the channel knows (true) or does not (false).
  using Counts = std::map<std::pair<SenderId, std::string>, std::map<bool, std::int64_t>>;

  explicit ProviderErrors(db::Transaction& tx) : tx_(tx) {}
  void add(const Counts& counts, TimePoint now);

 private:
  db::Transaction& tx_;
};

}  // namespace clipcourier::messages
