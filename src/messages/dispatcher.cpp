#include "messages/dispatcher.h"

#include <algorithm>

#include "base/error.h"
#include "base/thread_name.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto heartbeat = R"sql(
  INSERT INTO dispatcher_heartbeats (owner, at_ms) VALUES ($1, $2)
  ON CONFLICT (owner) DO UPDATE SET at_ms = excluded.at_ms)sql";
}  // namespace sql

// Claimed by one lane, or recorded, at once: enough for a commit to cost little per message, few
// enough that other writers wait some 20 ms.
constexpr int kMostAtOnce = 512;
constexpr Millis kIdle{500};  // how long a round may find nothing before it looks again

}  // namespace

Dispatcher::Dispatcher(Parts parts, DispatcherSettings settings, std::string owner)
    : parts_(std::move(parts)),
      settings_(settings),
      owner_(std::move(owner)),
      recorder_(parts_.optOut, Reactions(settings.retry, settings.reactions)) {}

Dispatcher::~Dispatcher() {
  stopClaiming();
  finish();
}

int Dispatcher::settle(bool alone) {
  const int unknown = parts_.database.write([&](db::Transaction& tx) {
    Queue queue(tx, parts_.clock.now());
    const int count = queue.recover(alone);
    queue.finish();
    if (const TimePoint looked = lastRound_; looked != TimePoint{})
      tx.run(sql::heartbeat, owner_, looked);
    return count;
  });
  if (unknown > 0)
    parts_.log(std::to_string(unknown) + " requests were interrupted and are unknown now");
  return unknown;
}

void Dispatcher::start(bool alone) {
  lastRound_ = parts_.clock.now();
  settle(alone);
  claimThread_ = std::thread([this] { claimLoop(); });
  recordThread_ = std::thread([this] { recordLoop(); });
}

void Dispatcher::stopClaiming() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (claimThread_.joinable()) claimThread_.join();
}

void Dispatcher::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  answered_.notify_all();
  if (recordThread_.joinable()) recordThread_.join();
}

void Dispatcher::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

bool Dispatcher::pause(Millis atMost) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, atMost, [this] { return woken_ || stopping_; });
  woken_ = false;
  return !stopping_;
}

void Dispatcher::claimLoop() {
  nameThread("dispatch");
  Millis rest{0};
  while (pause(rest)) {
    try {
      const auto start = std::chrono::steady_clock::now();
      const int begun = runOnce();
      lastRound_ = parts_.clock.now();
      if (begun > 0) {
        const auto took = std::chrono::steady_clock::now() - start;
        rest = std::max(settings_.interval - std::chrono::floor<Millis>(took), Millis(0));
        continue;
      }
      if (tokenIn_ || full_) {
        rest = full_ ? settings_.interval : std::clamp(*tokenIn_, settings_.interval, kIdle);
        continue;
      }
      const TimePoint now = parts_.clock.now();
      const auto due = parts_.database.read([&](db::Connection& c) { return nextDue(c, now); });
      rest = due ? std::clamp(Millis(*due - now), settings_.interval, kIdle) : kIdle;
    } catch (const std::exception& e) {  // the database is away: nothing is lost, look again
      parts_.log(std::string("dispatching waits: ") + e.what());
      rest = kIdle;
    }
  }
}

int Dispatcher::runOnce() {
  const TimePoint now = parts_.clock.now();
  const auto lanes = parts_.database.read([&](db::Connection& c) { return openLanes(c, now); });
  int begun = 0;
  tokenIn_.reset();
  full_ = false;
  ++firstLane_;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const int free = [this] {
      const std::lock_guard lock(mutex_);
      return settings_.maxInFlight - inFlight_;
    }();
    full_ = free <= 0;
    if (full_) break;
    begun += dispatch(lanes[(firstLane_ + i) % lanes.size()], std::min(free, kMostAtOnce));
  }
  return begun;
}

std::map<CampaignId, std::string> Dispatcher::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void Dispatcher::noteWaiting(const Lane& lane, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (reason.empty())
    waiting_.erase(lane.campaign);
  else
    waiting_[lane.campaign] = reason;
}

// One language of a campaign may wait while the others go on.
Lane Dispatcher::sendable(Lane lane, const Supplies& supplies) const {
  if (supplies.waiting.empty()) return lane;
  for (const auto& [language, supply] : supplies.languages) lane.languages.push_back(language);
  const auto first = static_cast<std::ptrdiff_t>(firstLane_ % lane.languages.size());
  std::ranges::rotate(lane.languages, lane.languages.begin() + first);
  return lane;
}

int Dispatcher::dispatch(const Lane& lane, int most) {
  const SuppliesOrReason prepared = parts_.supplies(lane);
  const auto* reason = std::get_if<std::string>(&prepared);
  noteWaiting(lane, reason ? *reason : "");
  if (reason) return 0;
  const Supplies& supplies = std::get<Supplies>(prepared);
  Begun begun = begin(sendable(lane, supplies), supplies, most);
  for (const AttemptRef& attempt : begun.attempts) {
    auto& [one, message] = begun.composed.ready.at(attempt.message);
    message.opaque = parts_.attemptTokens.make(attempt);
    send(supplies,
         {attempt, one.customer, one.address, lane.sender, supplies.channel, channels::Unknown{}},
         std::move(message));
  }
  return static_cast<int>(begun.attempts.size());
}

// One commit from the claim to the attempts: no message is ever between waiting and sending.
Dispatcher::Begun Dispatcher::begin(const Lane& lane, const Supplies& supplies, int most) {
  return parts_.database.write([&](db::Transaction& tx) {
    const TimePoint now = parts_.clock.now();
    Queue queue(tx, now);
    Begun begun{composeAll(lane, supplies, queue.claim(lane, most)), {}};
    if (queue.lackedTokens()) tokenIn_ = Millis(1000 / lane.perSecond);
    for (const auto& [code, messages] : begun.composed.impossible) queue.fail(lane, messages, code);
    std::vector<MessageId> ids;
    for (const auto& [id, message] : begun.composed.ready) ids.push_back(id);
    begun.attempts = queue.begin(lane, ids, now + settings_.requestTimeout * 2);
    queue.finish();
    return begun;
  });
}

Dispatcher::Composed Dispatcher::composeAll(const Lane& lane, const Supplies& supplies,
                                            std::vector<Claimed> claimed) const {
  Composed result;
  for (Claimed& one : claimed) {
    const auto language = supplies.languages.find(one.language);
    if (language == supplies.languages.end()) {
      result.impossible["no_content"].push_back(one.id);
      continue;
    }
    auto composed =
        compose(language->second.content, language->second.text, one.recipient,
                language->second.mediaId, parts_.watchTokens.make(one.id), lane.campaign);
    if (const auto* missing = std::get_if<MissingVariable>(&composed)) {
      result.impossible["variable_missing:" + missing->name].push_back(one.id);
      continue;
    }
    auto& message = std::get<channels::OutboundMessage>(composed);
    (one.address.starts_with('+') ? message.to : message.recipient) = one.address;
    const MessageId id = one.id;
    result.ready.emplace(id, std::pair(std::move(one), std::move(message)));
  }
  return result;
}

void Dispatcher::send(const Supplies& supplies, Answer pending, channels::OutboundMessage message) {
  {
    const std::lock_guard lock(mutex_);
    ++inFlight_;
  }
  const auto answer = [this, pending](channels::SendOutcome outcome) {
    {
      const std::lock_guard lock(mutex_);
      answers_.push_back(pending);
      answers_.back().outcome = std::move(outcome);
    }
    answered_.notify_one();
  };
  net::HttpRequest request;
  try {
    request = supplies.channel->request(supplies.account, message);
  } catch (const std::exception& e) {  // no request, so surely not sent
    return answer(channels::Refused{0, channels::Reaction::fix, e.what()});
  }
  request.timeout = settings_.requestTimeout;
  parts_.http.send(std::move(request),
                   [answer, channel = supplies.channel](net::HttpResponse response) {
                     answer(channel->outcome(response));
                   });
}

int Dispatcher::recordAnswers(Millis atMost) {
  std::vector<Answer> answers;
  {
    std::unique_lock lock(mutex_);
    answered_.wait_for(lock, atMost, [this] { return !answers_.empty() || finishing_; });
    const auto end = answers_.begin() + std::min<std::ptrdiff_t>(kMostAtOnce, std::ssize(answers_));
    answers.assign(std::move_iterator(answers_.begin()), std::move_iterator(end));
    answers_.erase(answers_.begin(), end);
  }
  if (answers.empty()) return 0;
  const auto count = static_cast<int>(answers.size());
  try {
    parts_.database.write(
        [&](db::Transaction& tx) { recorder_.record(tx, answers, parts_.clock.now()); });
    close(count);
  } catch (const std::exception& e) {
    if (isTemporary(e)) {
      keepForLater(answers);
      throw;
    }
    for (const Answer& answer : answers) recordAlone(answer);  // one of them is to blame
  }
  return count;
}

// What can never be recorded is dropped: its attempt turns unknown when its time is over, and the
// answers behind it are not held up.
void Dispatcher::recordAlone(const Answer& answer) {
  try {
    parts_.database.write(
        [&](db::Transaction& tx) { recorder_.record(tx, {answer}, parts_.clock.now()); });
  } catch (const std::exception& e) {
    if (isTemporary(e)) return keepForLater({&answer, 1});
    parts_.log("the answer to message " + std::to_string(answer.attempt.message.value) +
               " cannot be recorded: " + e.what());
  }
  close(1);
}

// So many requests are not open any more.
void Dispatcher::close(int count) {
  const std::lock_guard lock(mutex_);
  inFlight_ -= count;
}

// For the next call; should we die first, they become unknown.
void Dispatcher::keepForLater(std::span<const Answer> answers) {
  const std::lock_guard lock(mutex_);
  answers_.insert(answers_.end(), answers.begin(), answers.end());
}

void Dispatcher::recordLoop() {
  nameThread("record-answers");
  for (;;) {
    try {
      if (recordAnswers(kIdle) > 0) continue;
    } catch (const std::exception& e) {
      parts_.log(std::string("recording answers waits: ") + e.what());
      if (finishing_) return;  // what is not recorded is unknown after the next start
      pause(kIdle);
    }
    const std::lock_guard lock(mutex_);
    if (finishing_ && answers_.empty()) return;
  }
}

}  // namespace clipcourier::messages
