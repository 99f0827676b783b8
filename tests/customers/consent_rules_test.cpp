#include "customers/consent_rules.h"

#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::customers;
using namespace std::chrono_literals;

namespace {

const TimePoint kNoon = fromMs(1'790'000'000'000);

ConsentStep step(ConsentState becomes, TimePoint at, std::int64_t seq = 1) {
  ConsentStep s{becomes, at, std::nullopt, false, seq};
  if (becomes == ConsentState::given) s.wording = WordingId{7};
  return s;
}

ConsentNow now(ConsentState state, TimePoint at) { return after(std::nullopt, step(state, at)); }

constexpr auto requested = ConsentState::requested;
constexpr auto given = ConsentState::given;
constexpr auto withdrawn = ConsentState::withdrawn;

}  // namespace

TEST_CASE("the state moves from requested to given to withdrawn", "[customers]") {
  auto state = now(requested, kNoon);
  state = after(state, step(given, kNoon + 1h, 2));
  CHECK(state.state == given);
  CHECK(state.wording == WordingId{7});
  state = after(state, step(withdrawn, kNoon + 2h, 3));
  CHECK(state.state == withdrawn);
  CHECK(state.changedAt == kNoon + 2h);
  CHECK(state.seq == 3);
}

TEST_CASE("asking changes nothing for who has answered", "[customers]") {
  for (const auto state : {given, withdrawn})
    CHECK(after(now(state, kNoon), step(requested, kNoon + 1h, 2)) == now(state, kNoon));
}

TEST_CASE("only a newer act of the customer revives a withdrawn consent", "[customers]") {
  const auto gone = now(withdrawn, kNoon);
  const std::vector<TimePoint> withdrawals{kNoon};
  CHECK(judge(gone, withdrawals, step(given, kNoon - 1h), false) == Verdict::keptWithdrawn);
  CHECK(judge(gone, withdrawals, step(given, kNoon), false) == Verdict::keptWithdrawn);
  CHECK(judge(gone, withdrawals, step(given, kNoon + 999ms), false) == Verdict::keptWithdrawn);
  CHECK(judge(gone, withdrawals, step(given, kNoon + 1s), false) == Verdict::record);
  CHECK(judge(gone, withdrawals, step(given, kNoon + 24h), true) == Verdict::keptWithdrawn);
  CHECK(after(gone, step(given, kNoon + 1s, 2)).state == given);
  CHECK(after(gone, step(given, kNoon - 1s, 2)).state == withdrawn);
}

TEST_CASE("a withdrawal of everything covers consents that do not exist yet", "[customers]") {
  CHECK(judge(std::nullopt, {kNoon}, step(given, kNoon + 1h), true) == Verdict::keptWithdrawn);
  CHECK(judge(std::nullopt, {kNoon}, step(given, kNoon - 1h), false) == Verdict::keptWithdrawn);
  CHECK(judge(std::nullopt, {kNoon}, step(given, kNoon + 1h), false) == Verdict::record);
  // Given again since then: an import may renew what stands.
  CHECK(judge(now(given, kNoon + 1h), {kNoon}, step(given, kNoon + 2h), true) == Verdict::record);
}

TEST_CASE("a withdrawal counts even when its clock is a little behind", "[customers]") {
  const auto agreed = now(given, kNoon);
  CHECK(after(agreed, step(withdrawn, kNoon - 900ms, 2)).state == withdrawn);
  CHECK(after(agreed, step(withdrawn, kNoon - 5min, 2)).state == withdrawn);
  CHECK(after(agreed, step(withdrawn, kNoon - 5min - 1ms, 2)) == agreed);
  // It then also covers the consent that it ended.
  CHECK(after(agreed, step(withdrawn, kNoon - 900ms, 2)).changedAt == kNoon);
}

TEST_CASE("the same fact told twice is recorded once", "[customers]") {
  const auto agreed = now(given, kNoon);
  CHECK(judge(agreed, {}, step(given, kNoon), false) == Verdict::unchanged);
  CHECK(judge(agreed, {}, step(given, kNoon - 1h), true) == Verdict::unchanged);
  CHECK(judge(agreed, {}, step(given, kNoon + 1h), true) == Verdict::record);
  const auto gone = now(withdrawn, kNoon);
  CHECK(judge(gone, {kNoon}, step(withdrawn, kNoon), false) == Verdict::unchanged);
  CHECK(judge(gone, {kNoon}, step(withdrawn, kNoon - 1h), false) == Verdict::unchanged);
  CHECK(judge(gone, {kNoon}, step(withdrawn, kNoon + 1h), false) == Verdict::record);
}
