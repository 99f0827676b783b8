#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "channels/channel.h"
#include "messages/answer_recorder.h"
#include "messages/attempt_token.h"
#include "messages/composer.h"
#include "messages/opt_out.h"
#include "messages/queue.h"
#include "messages/retry_policy.h"
#include "messages/watch_token.h"
#include "net/http_engine.h"

namespace clipcourier::messages {

// All that the messages of one lane need, beside the customer.
struct Supplies {
  const channels::Channel* channel = nullptr;
  channels::Account account;
  struct PerLanguage {
    Content content;
    channels::Template text;
    std::string mediaId;
  };
  std::map<std::string, PerLanguage> languages;
  std::map<std::string, std::string> waiting = {};  // the languages that cannot be sent now: why
};
// Or the code of why the lane has to wait: no media id yet, template paused, no credentials.
using SuppliesOrReason = std::variant<Supplies, std::string>;
using SupplySource = std::function<SuppliesOrReason(const Lane&)>;

struct DispatcherSettings {
  // Requests whose answer is not recorded, over all senders: two seconds of Meta's most. A crash
  // leaves no more than these unknown.
  int maxInFlight = 2'048;
  Millis requestTimeout{30'000};  // of one send
  Millis interval{40};  // least time from one round's start to the next: claims stay few and large
  RetryPolicy retry;
  ReactionSettings reactions;
};

// Sends what is due: takes tokens, claims that many messages, commits their attempts, makes the
// requests, and records what came of them. Claims late and little, so that a STOP or a pause is
// obeyed at once and a crash leaves few messages unknown.
//
// One thread claims, one records; the HTTP engine's thread is between them. Several nodes may run
// one on the same PostgreSQL. Borrows its arguments, which must outlive it. Thread-safe.
class Dispatcher {
 public:
  struct Parts {
    db::Database& database;
    net::HttpEngine& http;
    SupplySource supplies;
    const OptOut& optOut;
    const AttemptToken& attemptTokens;
    const WatchToken& watchTokens;
    const Clock& clock;
    std::function<void(const std::string& what)> log;  // for the operator; no personal data
  };
  Dispatcher(Parts parts, DispatcherSettings settings, std::string owner);
  ~Dispatcher();

  // Settles what a crash left behind, then starts. `alone`: no other dispatcher can be at work.
  void start(bool alone);
  // Makes requests unknown whose time is over: what another node left.
  // Writes down when this one last looked at the queue.
  // To be called every few seconds. Returns how many became unknown.
  int settle(bool alone = false);
  // No new claims from now on; returns when the round at hand is over. Then stop the HTTP engine,
  // and call finish() to record its last answers.
  void stopClaiming();
  void finish();
  void wake();  // something was launched, resumed or became due

  // One round of claiming. For tests, as is the next. Returns how many requests began.
  int runOnce();
  // Records the answers that are there; with none there, waits for one, `atMost`. Returns how many.
  int recordAnswers(Millis atMost);
  // Why running campaigns wait as a whole, by campaign: the code a lane's supplies gave.
  std::map<CampaignId, std::string> waiting() const;

 private:
  // What a lane's claimed messages became: requests to make, or reasons why not.
  struct Composed {
    std::map<MessageId, std::pair<Claimed, channels::OutboundMessage>> ready;
    std::map<std::string, std::vector<MessageId>> impossible;  // by code
  };
  // Of those that are ready, the attempts that are committed.
  struct Begun {
    Composed composed;
    std::vector<AttemptRef> attempts;
  };
  void claimLoop();
  void recordLoop();
  int dispatch(const Lane& lane, int most);
  Lane sendable(Lane lane, const Supplies& supplies) const;
  Begun begin(const Lane& lane, const Supplies& supplies, int most);
  Composed composeAll(const Lane& lane, const Supplies& supplies,
                      std::vector<Claimed> claimed) const;
  void send(const Supplies& supplies, Answer pending, channels::OutboundMessage message);
  void recordAlone(const Answer& answer);
  void close(int count);
  void keepForLater(std::span<const Answer> answers);
  void noteWaiting(const Lane& lane, const std::string& reason);
  bool pause(Millis atMost);  // false when stopping

  Parts parts_;
  DispatcherSettings settings_;
  std::string owner_;
  AnswerRecorder recorder_;
  // Of the claim thread only.
  std::optional<Millis> tokenIn_;  // when a sender that gave no token has one again
  bool full_ = false;              // the last round ended at `maxInFlight`
  std::size_t firstLane_ = 0;      // rotates, so that no campaign is always served first

  mutable std::mutex mutex_;
  std::condition_variable wake_, answered_;
  bool woken_ = false, stopping_ = false;
  std::atomic<bool> finishing_ = false;
  std::atomic<TimePoint> lastRound_{TimePoint{}};  // when claiming last looked at the queue
  int inFlight_ = 0;
  std::vector<Answer> answers_;
  std::map<CampaignId, std::string> waiting_;
  std::thread claimThread_, recordThread_;
};

}  // namespace clipcourier::messages
