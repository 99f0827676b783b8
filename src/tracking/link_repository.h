#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "tracking/link.h"

namespace clipcourier::tracking {

// The link in one message as it stands now.
struct Link {
  std::string language;
  TimePoint madeAt;
  bool revoked = false;
};

// The tables link_revocations and page_choices. Borrows the connection; what changes rows needs a
// transaction's. `subject` is the id of a message or campaign, or a clip's SHA-256.
class LinkRepository {
 public:
  explicit LinkRepository(db::Connection& connection) : db_(connection) {}

  std::optional<Link> link(MessageId message, TimePoint now);

  std::optional<Revocation> revocation(LinkScope scope, const std::string& subject);
  // False when there is one already.
  bool addRevocation(LinkScope scope, const std::string& subject, const Revocation& revocation);
  // False unless the row has this version; the new one is one higher.
  bool changeRevocation(LinkScope scope, const std::string& subject, const Revocation& to,
                        std::int64_t version);
  // False unless the row is there with this version.
  bool removeRevocation(LinkScope scope, const std::string& subject, std::int64_t version);

  std::vector<PageChoice> pages(CampaignId campaign);
  std::optional<PageChoice> page(CampaignId campaign, const std::string& language);
  // False unless the page has version - 1 (0: nobody has changed it yet).
  bool setPage(CampaignId campaign, const PageChoice& page);

  bool hasMessage(MessageId id);
  std::optional<std::string> campaignState(CampaignId id);

 private:
  db::Connection& db_;
};

}  // namespace clipcourier::tracking
