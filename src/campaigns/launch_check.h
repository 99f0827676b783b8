#pragma once

#include <set>
#include <vector>

#include "base/error.h"
#include "campaigns/audience_reader.h"
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

  // What a launch would not stop at: customers whose messages will wait, with their number.
  struct Warning {
    std::string code, where, what;
    std::int64_t count = 0;
  };
  std::vector<Warning> warnings(const Campaign& campaign) const;

 private:
  using Problems = std::vector<ErrorDetail>;
  std::string checkSender(const Campaign& campaign, Problems& problems) const;  // its channel
  bool anyUsable(db::Connection& connection, const Campaign& campaign) const;
  void checkLengths(db::Connection& connection, const Campaign& campaign,
                    const messages::Content& content, AudienceReader& audience,
                    Problems& problems) const;
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

// The languages of the campaign whose template can be sent now.
std::set<std::string> sendableLanguages(db::Connection& connection, const Campaign& campaign);

// Why a message waits for which nobody has written a template in its language yet.
inline constexpr const char* kMissingLanguage = "template.missing_language";

}  // namespace clipcourier::campaigns
