#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "db/connection.h"
#include "tracking/counter_audit.h"

namespace clipcourier::tracking {

struct Count {
  std::string name;  // of a step, a reason's code, or what a button says
  std::int64_t count = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

// How many messages were read within so long after delivery, all shorter times included.
struct ReadPoint {
  std::optional<Millis> within;  // none: at all
  std::int64_t count = 0;
};

struct WatchPoint {
  int percent = 0;             // 0: the video began
  std::int64_t people = 0;     // who agreed to be measured and got at least so far
  std::int64_t anonymous = 0;  // visits of the others that got there
};

// What became of a campaign, all of it from its counters: nothing is counted when somebody looks.
struct CampaignReport {
  CampaignId campaign;
  std::string channel;  // explains error codes
  // Steps count how many got at least so far, states what is so now. In the order of the way:
  // audience, queued, held, sending, skipped, accepted, sent, delivered, read, opened, played,
  // watched_25, watched_50, watched_75, completed, replied, tapped, opted_out, failed, unknown.
  std::vector<Count> funnel;
  std::vector<Count> anonymous;  // opened to completed, of people who are not told apart
  std::vector<Count> held, skipped, failed;  // by reason, the most frequent first
  std::vector<Count> taps;                   // by what the button says
  std::vector<ReadPoint> timeToRead;
  std::int64_t delivered = 0, readWithinHour = 0;
  std::vector<WatchPoint> watchThrough;
  std::optional<CounterCheck> check;  // the last comparison of the counters with the messages

  std::int64_t step(const std::string& name) const;
};

CampaignReport reportOf(const std::map<std::string, std::int64_t>& counters);
// Error(notFound) when there is no such campaign. Reads rows of this campaign only, some dozens.
CampaignReport campaignReport(db::Connection& connection, CampaignId id);

}  // namespace clipcourier::tracking
