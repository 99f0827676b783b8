#pragma once

#include <chrono>

#include "base/clock.h"
#include "db/database.h"
#include "messages/watch_token.h"
#include "tracking/beacon_limit.h"
#include "tracking/watch_page.h"

namespace clipcourier::tracking {

// The watch pages of campaign messages.
//
// A link that was sent keeps working when its campaign is paused or cancelled and when its customer
// says stop: they may still watch what they got. It ends `linkLife` after the message was made, or
// when it is revoked; the page then shows nothing, and no file of it can be fetched.
//
// An event is written to the person's message only when the consent the message was sent under
// covers tracking and still stands; else only the campaign's counter "<event>_anonymous" grows, by
// one for each visit, because nobody is told apart. Borrows its arguments. Thread-safe.
class CampaignWatchPages final : public WatchPages {
 public:
  CampaignWatchPages(db::Database& database, const messages::WatchToken& tokens, const Clock& clock,
                     std::chrono::hours linkLife)
      : database_(database), tokens_(tokens), clock_(clock), linkLife_(linkLife) {}

  WatchLookup find(const std::string& token) const override;
  // Once per person and event, and only forward: the message's timeline, how far its person has
  // come and the campaign's counters change in one commit. What an event implies is counted with
  // it.
  bool record(const std::string& token, WatchEvent event) override;

 private:
  bool recordOnce(MessageId id, WatchEvent event);
  bool isOver(TimePoint madeAt) const { return madeAt + linkLife_ <= clock_.now(); }

  db::Database& database_;
  const messages::WatchToken& tokens_;
  const Clock& clock_;
  const std::chrono::hours linkLife_;
  BeaconLimit limit_;
};

}  // namespace clipcourier::tracking
