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
// its audience is spent on the same mistake: when more than `most` of `window` are refused, or the
// same file twice. The reason is "guard:<code>".
//
// Kept as a leaking bucket: a refusal adds `window - most`, what went well takes `most` away, and
// `most` refusals in a row fill it. So it does not matter how many come in one transaction. Answers
// are held against answers, and failed receipts against those of arrival, because receipts may come
// late and all at once, while nothing is sent.
class CampaignGuard {
 public:
  // What one transaction saw, by campaign and subject.
  class Refusals {
   public:
    void add(CampaignId campaign, const std::string& code, const std::string& asset,
             bool byReceipt);

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
  bool isFull(CampaignId campaign, bool byReceipt, std::int64_t refused);
  bool isRefusedAgain(CampaignId campaign, const std::string& file, std::int64_t refused);
  void pause(CampaignId campaign, const std::string& code, TimePoint now);

  db::Transaction& tx_;
  int most_, window_;
};

}  // namespace clipcourier::messages
