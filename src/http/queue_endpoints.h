#pragma once

#include <vector>

#include "db/database.h"
#include "http/message_endpoints.h"
#include "http/route.h"
#include "messages/hold_service.h"

namespace clipcourier::http {

// The send queue for operations: /api/v1/queue shows what waits and why, /api/v1/holds stops and
// releases whole scopes.
class QueueEndpoints {
 public:
  // Borrows its arguments; they must outlive its routes.
  QueueEndpoints(db::Database& database, messages::HoldService& holds, const Clock& clock,
                 SupplyWaits supplyWaits);

  std::vector<Route> routes();

 private:
  Reply overview(Request& request) const;
  Reply listHolds(Request& request) const;
  Reply hold(Request& request);
  Reply release(Request& request);

  db::Database& database_;
  messages::HoldService& holds_;
  const Clock& clock_;
  const SupplyWaits supplyWaits_;
};

}  // namespace clipcourier::http
