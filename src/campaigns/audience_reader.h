#pragma once

#include <map>
#include <string>
#include <vector>

#include "campaigns/campaign.h"
#include "db/connection.h"
#include "messages/composer.h"

namespace clipcourier::campaigns {

// One of the audience, with what the message needs of them.
struct Member {
  CustomerId customer;
  std::string address;  // E.164 or a business-scoped user id
  std::string locale;
};

// One of the audience, with what their text is made of.
struct Reader {
  CustomerId customer;
  std::string locale;
  messages::Recipient recipient;
};

// The most characters that a field has among the audience; of all attributes together.
struct FieldLengths {
  std::int64_t name = 0, externalRef = 0, attributes = 0;
};

// Who has consented to `purpose` on `channel` and can be reached there. Read all pages in one
// Database::snapshot(), so that the audience is that of one moment.
class AudienceReader {
 public:
  AudienceReader(db::Connection& connection, Audience audience, std::string channel,
                 std::string purpose);
  std::vector<Member> page(CustomerId after, int limit);  // by rising customer id
  std::int64_t count();
  std::map<std::string, std::int64_t> locales();  // how many have which locale
  FieldLengths longest();
  std::vector<Reader> readers(CustomerId after, int limit);  // as page()
  // Consented, and yet not in the audience.
  std::int64_t withoutAddress();
  std::int64_t unreached();  // see messages/unreached.h

 private:
  std::string select(const std::string& columns, const std::string& who,
                     const std::string& end = {}) const;
  std::int64_t number(const std::string& who);

  db::Connection& db_;
  std::string channel_, purpose_, tags_;  // tags_ as JSON
  bool byTag_;
};

}  // namespace clipcourier::campaigns
