#include "events/event_feed.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "events/event_sources.h"

namespace clipcourier::events {
namespace {

constexpr Millis kApart{1'000};              // between two events about one thing
constexpr std::chrono::minutes kOverlap{2};  // clocks of nodes differ, and commits take their time
constexpr std::size_t kAtOnce = 100;         // events in one transaction
constexpr int kPage = 200;
constexpr int kRemovedAtOnce = 1'000;
constexpr std::int64_t kMostKept = 500'000;
constexpr std::chrono::days kSubjectsKept{30};

}  // namespace

int EventFeed::collect() {
  const std::lock_guard lock(collecting_);
  const TimePoint now = clock_.now();
  if (!started_) {
    database_.read([&](db::Connection& connection) {
      EventRepository events(connection);
      told_ = events.told();
      since_ = events.position().collectedAt;
    });
    if (since_ == TimePoint{}) since_ = now;
    started_ = true;
  }
  const TimePoint since = since_ - kOverlap;
  const auto states =
      database_.snapshot([&](db::Connection& c) { return readStates(c, since, now); });
  std::vector<State> changed = news(states);
  for (State& state : released(states)) changed.push_back(std::move(state));
  int count = 0;
  for (std::size_t done = 0; done < changed.size(); done += kAtOnce) {
    const auto end =
        changed.begin() + static_cast<std::ptrdiff_t>(std::min(done + kAtOnce, changed.size()));
    count += note({changed.begin() + static_cast<std::ptrdiff_t>(done), end}, since, now);
  }
  since_ = now;
  if (count > 0) bell_.ring();
  return count;
}

std::vector<State> EventFeed::news(const std::vector<State>& states) const {
  std::vector<State> changed;
  for (const State& state : states) {
    const auto before = told_.find({state.kind, state.subject});
    if (before == told_.end() || before->second != state.data) changed.push_back(state);
  }
  return changed;
}

// Holds are rows that go when they end.
std::vector<State> EventFeed::released(const std::vector<State>& states) const {
  std::vector<State> gone;
  for (auto at = told_.lower_bound({"hold", ""}); at != told_.end() && at->first.first == "hold";
       ++at) {
    auto data = nlohmann::json::parse(at->second);
    const bool still = std::any_of(states.begin(), states.end(), [&](const State& state) {
      return state.kind == "hold" && state.subject == at->first.second;
    });
    if (still || data["held"] == false) continue;
    data["held"] = false;
    data["until"] = nullptr;
    gone.push_back({"hold", at->first.second, data.dump()});
  }
  return gone;
}

// On PostgreSQL another node may have told newer things since ours were read; so they are read
// again once nobody else can tell.
int EventFeed::note(std::vector<State> changed, TimePoint since, TimePoint now) {
  Told said;
  const int count = database_.write([&](db::Transaction& tx) {
    EventRepository events(tx);
    std::int64_t id = events.lock(now).lastId;
    const std::int64_t first = id;
    std::map<std::pair<std::string, std::string>, std::string> fresh;
    if (tx.engine() == db::Engine::postgresql)
      for (State& state : readStates(tx, since, now))
        fresh[{state.kind, state.subject}] = std::move(state.data);
    said.clear();
    for (State state : changed) {
      const std::pair key(state.kind, state.subject);
      if (const auto found = fresh.find(key); found != fresh.end()) state.data = found->second;
      if (!events.tell(state, now, kApart)) continue;
      events.add({++id, state, now});
      said[key] = state.data;
    }
    events.setLastId(id);
    // What another node has told in our place, we need not try again.
    if (said.size() < changed.size())
      for (auto& [key, data] : events.told()) said.emplace(key, data);
    return static_cast<int>(id - first);
  });
  for (auto& [key, data] : said) told_[key] = std::move(data);
  return count;
}

EventFeed::Page EventFeed::after(std::int64_t id, const users::Scopes& scopes) const {
  return database_.snapshot([&](db::Connection& connection) {
    EventRepository repository(connection);
    const FeedPosition feed = repository.position();
    Page page;
    page.position = feed.lastId;
    page.gap = id < feed.prunedTo || id > feed.lastId;
    if (page.gap) return page;
    auto events = repository.after(id, kPage);
    page.more = events.size() == kPage;
    if (page.more) page.position = events.back().id;
    for (Event& event : events)
      if (scopes.has(scopeOf(event.state.kind))) page.events.push_back(std::move(event));
    return page;
  });
}

std::int64_t EventFeed::newest() const {
  return database_.read([](db::Connection& c) { return EventRepository(c).position().lastId; });
}

void EventFeed::prune() {
  const TimePoint now = clock_.now();
  const std::int64_t to = database_.write([&](db::Transaction& tx) {
    EventRepository events(tx);
    const std::int64_t last = events.position().lastId;
    const std::int64_t gone = std::max(events.newestBefore(now - kept_), last - kMostKept);
    if (gone > 0) events.setPrunedTo(gone);
    events.forgetSubjects(now - kSubjectsKept);
    return gone;
  });
  const auto some = [&](db::Transaction& tx) {
    return EventRepository(tx).removeTo(to, kRemovedAtOnce);
  };
  while (to > 0 && database_.write(some) == kRemovedAtOnce) {
  }
}

}  // namespace clipcourier::events
