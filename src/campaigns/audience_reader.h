#pragma once

#include <string>
#include <vector>

#include "campaigns/campaign.h"
#include "db/connection.h"

namespace clipcourier::campaigns {

// One of the audience, with what the message needs of them.
struct Member {
  CustomerId customer;
  std::string address;  // E.164 or a business-scoped user id
  std::string locale;
};

// Who has consented to `purpose` on `channel` and can be reached there. Read all pages in one
// Database::snapshot(), so that the audience is that of one moment.
class AudienceReader {
 public:
  AudienceReader(db::Connection& connection, Audience audience, std::string channel,
                 std::string purpose);
  std::vector<Member> page(CustomerId after, int limit);  // by rising customer id
  std::int64_t count();
  std::int64_t unreachable();  // consented, but without an address on this channel

 private:
  db::Connection& db_;
  std::string channel_, purpose_, tags_;  // tags_ as JSON
  bool byTag_;
};

}  // namespace clipcourier::campaigns
