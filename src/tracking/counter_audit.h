#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/id.h"
#include "db/database.h"
#include "users/audit_log.h"

namespace clipcourier::tracking {

struct CounterDifference {
  std::string counter;
  std::int64_t counted = 0;  // what the counter says
  std::int64_t real = 0;     // what the messages say
  friend bool operator==(const CounterDifference&, const CounterDifference&) = default;
};

// One comparison of a campaign's counters with its messages.
struct CounterCheck {
  CampaignId campaign;
  std::int64_t number = 0;  // grows with each comparison of the campaign
  TimePoint at;
  std::int64_t messages = 0;
  Millis took{0};
  std::vector<CounterDifference> differences = {};
  std::optional<TimePoint> repairedAt = {};
};

// Proves that the counters of campaigns equal their messages, which they must at every moment.
//
// The comparison reads both in one snapshot of one campaign and holds no lock. A repair adds what
// was missing then: every change since has moved counters and messages alike, so the difference is
// the same still. The last comparison of each campaign stays in the table counter_checks, where
// `different` is the number of counters that are wrong. Borrows its arguments. Thread-safe.
class CounterAudit {
 public:
  CounterAudit(db::Database& database, const users::AuditLog& audit, const Clock& clock)
      : database_(database), audit_(audit), clock_(clock) {}

  // Error(notFound) when there is no such campaign.
  CounterCheck verify(CampaignId id) const;
  // What verify() found is mended, once. False when there was nothing, or another comparison or
  // repair came in between: then compare again.
  bool repair(const CounterCheck& check, const Actor& actor) const;

  // The launched campaign whose last comparison is the oldest, made before `before`.
  std::optional<CampaignId> due(TimePoint before) const;
  std::vector<CampaignId> launched() const;
  static std::optional<CounterCheck> last(db::Connection& connection, CampaignId id);

 private:
  db::Database& database_;
  const users::AuditLog& audit_;
  const Clock& clock_;
};

// A line for people: "campaign 7: 12000 messages, every counter is right".
std::string toText(const CounterCheck& check);

}  // namespace clipcourier::tracking
