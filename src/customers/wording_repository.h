#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "customers/consent.h"
#include "db/connection.h"

namespace clipcourier::customers {

// Every statement of consent_wordings. Rows are only ever added. Works on one connection, which it
// borrows. One thread.
class WordingRepository {
 public:
  explicit WordingRepository(db::Connection& connection) : connection_(connection) {}

  // The next version of this name in this language; `id`, `version` and `createdAt` are set here.
  // The same words again are the version that has them.
  Wording add(Wording wording, TimePoint now);
  std::optional<Wording> find(WordingId id);
  std::vector<Wording> list(WordingId after, int limit);  // by rising id
  // All languages of "name@version", or the one of "name@version/language".
  std::vector<Wording> named(std::string_view reference);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::customers
