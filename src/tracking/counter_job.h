#pragma once

#include <functional>

#include "jobs/bell.h"
#include "jobs/job_runner.h"
#include "tracking/counter_audit.h"

namespace clipcourier::tracking {

inline constexpr const char* kCountersJob = "counters.verify";

// Compares the counters of every launched campaign now and then, one campaign after the other with
// rests between them. What differs is logged and stays in counter_checks. Borrows its arguments.
class CounterJob {
 public:
  using Log = std::function<void(const CounterCheck& check)>;  // of what differs
  // Each campaign is compared again after `every`; not at all when that is 0.
  CounterJob(db::Database& database, const CounterAudit& audit, const Clock& clock,
             jobs::Bell& bell, Millis every, Log log)
      : database_(database), audit_(audit), clock_(clock), bell_(bell), every_(every), log_(log) {}

  jobs::Handler handler() const;
  void addWhenDue();  // called now and then

 private:
  void run(jobs::JobContext& context) const;

  db::Database& database_;
  const CounterAudit& audit_;
  const Clock& clock_;
  jobs::Bell& bell_;
  const Millis every_;
  const Log log_;
};

}  // namespace clipcourier::tracking
