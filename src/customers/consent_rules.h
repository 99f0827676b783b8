#pragma once

#include <optional>
#include <vector>

#include "customers/consent.h"

// What a fact does to what is true. Pure, and used twice: to write the current state, and to check
// that it follows from the ledger.
namespace clipcourier::customers {

// Clocks differ, and providers cut off milliseconds. A withdrawal that seems older than the consent
// by no more than this still ends it: believing the withdrawal does no harm, ignoring it does.
inline constexpr Millis kClockTolerance{5 * 60 * 1000};

// The part of a ledger entry that decides.
struct ConsentStep {
  ConsentState becomes = ConsentState::requested;
  TimePoint at;
  std::optional<WordingId> wording;
  bool tracking = false;
  std::int64_t seq = 0;
};

struct ConsentNow {
  ConsentState state = ConsentState::requested;
  TimePoint changedAt;
  std::optional<WordingId> wording;
  bool tracking = false;
  std::int64_t seq = 0;
  friend bool operator==(const ConsentNow&, const ConsentNow&) = default;
};

// The state after one more entry of the same customer, channel and purpose.
ConsentNow after(const std::optional<ConsentNow>& now, const ConsentStep& step);

// True when an act of the customer at `at` is newer than the withdrawal, whatever was cut off
// either.
bool revives(TimePoint at, TimePoint withdrawnAt);

enum class Verdict {
  record,         // append it to the ledger; the state is after(now, step)
  unchanged,      // known already
  keptWithdrawn,  // would bring back what the customer took back: nothing may change
};

// `now` is the row of this channel and purpose; `withdrawals` are the times of the withdrawals that
// cover it, those of every channel or purpose included.
Verdict judge(const std::optional<ConsentNow>& now, const std::vector<TimePoint>& withdrawals,
              const ConsentStep& step, bool imported);

}  // namespace clipcourier::customers
