#include "customers/consent_rules.h"

#include <algorithm>
#include <chrono>

namespace clipcourier::customers {
namespace {

ConsentNow stateOf(const ConsentStep& step) {
  return {step.becomes, step.at, step.wording, step.tracking, step.seq};
}

ConsentNow afterWithdrawal(const ConsentNow& now, const ConsentStep& step) {
  if (now.state == ConsentState::given && step.at + kClockTolerance < now.changedAt)
    return now;  // a late report of a withdrawal that the customer has since reconsidered
  if (now.state == ConsentState::withdrawn && step.at <= now.changedAt) return now;
  ConsentNow next = stateOf(step);
  // Whatever else arrives late must be newer than both.
  next.changedAt = std::max(step.at, now.changedAt);
  next.wording = now.wording;
  next.tracking = now.tracking;
  return next;
}

}  // namespace

bool revives(TimePoint at, TimePoint withdrawnAt) {
  using std::chrono::seconds;
  return std::chrono::floor<seconds>(at) > std::chrono::floor<seconds>(withdrawnAt);
}

ConsentNow after(const std::optional<ConsentNow>& now, const ConsentStep& step) {
  if (!now) return stateOf(step);
  switch (step.becomes) {
    case ConsentState::withdrawn: return afterWithdrawal(*now, step);
    case ConsentState::requested:  // asking takes nothing away and gives nothing back
      return now->state == ConsentState::requested && step.at >= now->changedAt ? stateOf(step)
                                                                                : *now;
    case ConsentState::given: break;
  }
  const bool newer = now->state == ConsentState::withdrawn ? revives(step.at, now->changedAt)
                     : now->state == ConsentState::given   ? step.at >= now->changedAt
                                                           : true;
  return newer ? stateOf(step) : *now;
}

Verdict judge(const std::optional<ConsentNow>& now, const std::vector<TimePoint>& withdrawals,
              const ConsentStep& step, bool imported) {
  if (step.becomes == ConsentState::withdrawn) {
    const bool known = now && now->state == ConsentState::withdrawn && step.at <= now->changedAt;
    return known ? Verdict::unchanged : Verdict::record;
  }
  if (step.becomes == ConsentState::given) {
    // A consent given after the withdrawal stands; only what is taken back now blocks an import.
    const bool stands = now && now->state == ConsentState::given;
    const auto blocks = [&](TimePoint withdrawnAt) {
      if (imported && !stands) return true;
      return !revives(step.at, withdrawnAt);
    };
    if (std::ranges::any_of(withdrawals, blocks) && !(stands && step.at <= now->changedAt))
      return Verdict::keptWithdrawn;
  }
  if (!now) return Verdict::record;
  const bool same = now->state == step.becomes && now->wording == step.wording;
  if (same && step.at == now->changedAt) return Verdict::unchanged;
  if (imported && now->state == ConsentState::given && step.at <= now->changedAt)
    return Verdict::unchanged;
  return Verdict::record;
}

}  // namespace clipcourier::customers
