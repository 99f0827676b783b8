#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/id.h"
#include "db/connection.h"

namespace clipcourier::messages {

// Pauses a campaign whose sends are refused again and again for what they are, before the rest of
// its audience is spent on the same mistake: `most` refusals while `window` others went well, or
// the same file twice. The reason is "guard:<code>". The window begins with a refusal and ends
// after that many messages were answered or arrived; arrivals count because receipts may come late
// and all at once, refusals among them, while nothing is sent. Nothing is counted while all goes
// well.
class CampaignGuard {
 public:
  // What one transaction saw, by campaign and subject.
  class Refusals {
   public:
    void add(CampaignId campaign, const std::string& code, const std::string& asset);

   private:
    friend class CampaignGuard;
    struct Seen {
      std::int64_t count = 0;
      std::string code;
    };
    std::map<std::pair<CampaignId, std::string>, Seen> seen_;
  };

  CampaignGuard(db::Transaction& tx, int most, int window)
      : tx_(tx), most_(most), window_(window) {}
  void note(const Refusals& refusals, TimePoint now);
  // A person resumed it: it gets a new chance.
  static void forget(db::Transaction& tx, CampaignId campaign);

 private:
  void pause(CampaignId campaign, const std::string& code, TimePoint now);

  db::Transaction& tx_;
  int most_, window_;
};

}  // namespace clipcourier::messages
