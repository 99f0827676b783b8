#pragma once

#include <string>
#include <vector>

#include "base/crypto.h"
#include "db/database.h"
#include "http/route.h"
#include "users/audit_log.h"

namespace clipcourier::http {

// What became of a campaign: /api/v1/campaigns/{id}/report, and the same and each message as CSV.
//
// CSV takes bom, separator (comma or semicolon) and lang (de or en). Without the scope
// customers:read a message's row names its customer by a pseudonym that is the same in every export
// of this installation. Each export is written into the audit log before its first byte.
class CampaignReportEndpoints {
 public:
  // Borrows its arguments; they must outlive its routes.
  CampaignReportEndpoints(db::Database& database, const crypto::KeyRing& keys,
                          const users::AuditLog& audit)
      : database_(database), pseudonymKey_(keys.key("export pseudonym")), audit_(audit) {}

  std::vector<Route> routes();

 private:
  Reply report(Request& request) const;
  Reply reportTable(Request& request) const;
  Reply messageTable(Request& request) const;

  db::Database& database_;
  const std::string pseudonymKey_;
  const users::AuditLog& audit_;
};

}  // namespace clipcourier::http
