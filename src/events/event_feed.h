#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "db/database.h"
#include "events/event_repository.h"
#include "jobs/bell.h"

namespace clipcourier::events {

// The durable list of what changed. Instead of every writer telling of its writes, collect() looks
// once a second and notes what differs from what it said before: a change is never missed, however
// the process ended, and a campaign that sends thousands of messages in a second costs one row.
//
// Every node collects; the database sees to it that a change is told once. Thread-safe; borrows its
// arguments.
class EventFeed {
 public:
  EventFeed(db::Database& database, const Clock& clock, Millis kept)
      : database_(database), clock_(clock), kept_(kept) {}

  int collect();  // to be called every second; how many events it added
  void prune();   // to be called every now and then

  struct Page {
    bool gap = false;  // events after the wanted id are gone: read everything anew
    std::vector<Event> events;
    std::int64_t position = 0;  // go on after this one
    bool more = false;
  };
  // What came after that id and may be seen with these scopes.
  Page after(std::int64_t id, const users::Scopes& scopes) const;
  std::int64_t newest() const;

  // Waits until events were added by this process; those of other nodes are found by looking.
  std::uint64_t rings() const { return bell_.rings(); }
  void wait(std::uint64_t heard, Millis atMost) { bell_.wait(heard, atMost); }

 private:
  using Told = std::map<std::pair<std::string, std::string>, std::string>;
  std::vector<State> news(const std::vector<State>& states) const;
  std::vector<State> released(const std::vector<State>& states) const;
  int note(std::vector<State> changed, TimePoint since, TimePoint now);

  db::Database& database_;
  const Clock& clock_;
  const Millis kept_;
  jobs::Bell bell_;
  std::mutex collecting_;  // of what follows
  bool started_ = false;
  TimePoint since_;
  Told told_;  // as event_subjects, as far as this node knows
};

}  // namespace clipcourier::events
