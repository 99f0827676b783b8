#pragma once

#include <vector>

#include "db/database.h"
#include "http/route.h"
#include "users/token_service.h"

namespace clipcourier::http {

// /api/v1/tokens and /api/v1/audit: who may call the API, and what was changed by whom.
class TokenEndpoints {
 public:
  // Borrows its arguments; they must outlive its routes.
  TokenEndpoints(users::TokenService& tokens, db::Database& database, const Clock& clock);

  std::vector<Route> routes();

 private:
  Reply list(Request& request) const;
  Reply create(Request& request);
  Reply revoke(Request& request);
  static Reply roles(Request& request);
  Reply audit(Request& request) const;

  users::TokenService& tokens_;
  db::Database& database_;
  const Clock& clock_;
};

}  // namespace clipcourier::http
