#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "db/connection.h"
#include "events/event.h"

namespace clipcourier::events {

struct FeedPosition {
  std::int64_t lastId = 0;    // of the newest event
  std::int64_t prunedTo = 0;  // of the newest that is gone
  TimePoint collectedAt;
};

// Every statement of event_feed, events and event_subjects.
class EventRepository {
 public:
  explicit EventRepository(db::Connection& connection) : db_(connection) {}

  FeedPosition position();
  // Until the transaction ends nobody else adds events.
  FeedPosition lock(TimePoint collectedAt);
  // Whether this is news. Not when the feed said something else of it less than `apart` ago: then
  // it is told later.
  bool tell(const State& state, TimePoint now, Millis apart);
  void add(const Event& event);
  void setLastId(std::int64_t id);

  // What was said of each thing last, by kind and subject.
  std::map<std::pair<std::string, std::string>, std::string> told();
  std::vector<Event> after(std::int64_t id, int limit);

  std::int64_t newestBefore(TimePoint at);  // 0: none
  void setPrunedTo(std::int64_t id);
  std::int64_t removeTo(std::int64_t id, int limit);  // how many
  void forgetSubjects(TimePoint before);              // of kinds that come and go in great number

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::events
