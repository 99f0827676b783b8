#include "messages/attempt_token.h"

#include <utility>

#include "messages/retry_policy.h"
#include "messages/watch_token.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

TEST_CASE("a watch token opens its message and nothing else", "[messages]") {
  const WatchToken tokens(crypto::KeyRing(Secret("a"))), others(crypto::KeyRing(Secret("b")));
  const std::string token = tokens.make({4711});
  CHECK(token.size() == 34);
  CHECK(tokens.open(token) == MessageId{4711});
  CHECK(tokens.make({4711}) == token);  // made when needed, stored nowhere
  CHECK_FALSE(others.open(token));
  CHECK(tokens.make({4712}).substr(0, 12) != token.substr(0, 12));  // ids do not show
}

TEST_CASE("a changed watch token opens nothing", "[messages]") {
  const WatchToken tokens(crypto::KeyRing(Secret("a")));
  const std::string token = tokens.make({4711});
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    for (const char c : std::string("ABab09-_=")) {  // also where base64url leaves bits unused
      if (std::exchange(changed[i], c) != c) CHECK_FALSE(tokens.open(changed));
      changed[i] = token[i];
    }
  }
  for (const char* text : {"", "../../etc/passwd", "AAAA", "%00"}) CHECK_FALSE(tokens.open(text));
  CHECK_FALSE(tokens.open(token + "A"));
  CHECK_FALSE(tokens.open(std::string(100'000, 'A')));
}

TEST_CASE("an attempt token comes back as it went", "[messages]") {
  const AttemptToken tokens(crypto::KeyRing(Secret("a")));
  const AttemptRef attempt{{4711}, 2};
  CHECK(tokens.open(tokens.make(attempt)) == attempt);
  CHECK(tokens.make(attempt).size() <= 512);
  for (const char* text :
       {"", "a1.4711.2.", "a1.4711.2.AAAAAAAAAAAAAAAAAAAAAA", "a1.-1.2.x", "...."})
    CHECK_FALSE(tokens.open(text));
}

TEST_CASE("delays grow to a limit, differ between messages, and honour the provider",
          "[messages]") {
  const RetryPolicy policy;
  CHECK(policy.delay({{1}, 1}, Millis(0)) >= policy.firstDelay);
  CHECK(policy.delay({{1}, 2}, Millis(0)) >= policy.firstDelay * 3);
  CHECK(policy.delay({{1}, 30}, Millis(0)) <= policy.longestDelay * 5 / 4);
  CHECK(policy.delay({{1}, 1}, Millis(100'000)) >= Millis(100'000));
  CHECK(policy.delay({{1}, 1}, Millis(0)) != policy.delay({{2}, 1}, Millis(0)));
}
