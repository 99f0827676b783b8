#include "tracking/watch_token.h"

#include <set>

#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::tracking;

namespace {
const crypto::KeyRing kKeys(Secret(std::string(32, 'k')));
}

TEST_CASE("a watch token leads back to its message and only under its key", "[tracking]") {
  const WatchTokens tokens(kKeys);
  for (std::int64_t id : {std::int64_t{1}, std::int64_t{42}, INT64_MAX}) {
    const std::string token = tokens.make({id});
    CHECK(token.size() == 34);
    CHECK(tokens.make({id}) == token);
    CHECK(tokens.open(token) == MessageId{id});
  }
  CHECK_FALSE(WatchTokens(crypto::KeyRing(Secret(std::string(32, 'x')))).open(tokens.make({1})));
}

TEST_CASE("a watch token with any character changed opens nothing", "[tracking]") {
  const WatchTokens tokens(kKeys);
  const std::string token = tokens.make({4711});
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (char c : std::string("ABab09-_=")) {
      std::string changed = token;
      if (std::exchange(changed[i], c) != c) CHECK_FALSE(tokens.open(changed));
    }
  }
  CHECK_FALSE(tokens.open(""));
  CHECK_FALSE(tokens.open(token + "A"));
  CHECK_FALSE(tokens.open(token.substr(1)));
}

TEST_CASE("the tokens of neighbours have nothing in common", "[tracking]") {
  const WatchTokens tokens(kKeys);
  std::set<std::string> beginnings;
  for (std::int64_t id = 1; id <= 100; ++id) beginnings.insert(tokens.make({id}).substr(2, 6));
  CHECK(beginnings.size() == 100);
}
