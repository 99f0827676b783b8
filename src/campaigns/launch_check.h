#pragma once

#include <vector>

#include "base/error.h"
#include "campaigns/campaign.h"
#include "db/database.h"
#include "senders/sender_directory.h"
#include "videos/clip_proof.h"

namespace clipcourier::campaigns {

// Everything that stands between a campaign and its launch, found before the first message exists.
// Borrows its arguments; thread-safe.
class LaunchCheck {
 public:
  // `publicUrl`: where phones reach our watch pages.
  LaunchCheck(db::Database& database, senders::SenderDirectory& senders,
              const videos::ClipProof& proof, std::string publicUrl)
      : db_(database), senders_(senders), proof_(proof), publicUrl_(std::move(publicUrl)) {}

  // All reasons at once, each with what to do; none when it may be launched.
  std::vector<ErrorDetail> problems(const Campaign& campaign) const;

 private:
  using Problems = std::vector<ErrorDetail>;
  std::string checkSender(const Campaign& campaign, Problems& problems) const;  // its channel
  void checkContent(db::Connection& connection, const Campaign& campaign,
                    const messages::Content& content, const std::string& channel,
                    Problems& problems) const;
  void checkTemplate(const messages::Content& content, const channels::Template& of,
                     Problems& problems) const;

  db::Database& db_;
  senders::SenderDirectory& senders_;
  const videos::ClipProof& proof_;
  std::string publicUrl_;
};

}  // namespace clipcourier::campaigns
