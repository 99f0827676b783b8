#pragma once

#include <vector>

#include "customers/consent_desk.h"
#include "http/route.h"

namespace clipcourier::http {

// /api/v1/customers/{id}/consents: give, withdraw and the whole proof of one customer; and
// /api/v1/consent-wordings. Borrows its argument, and its routes borrow it; thread-safe.
class ConsentEndpoints {
 public:
  explicit ConsentEndpoints(customers::ConsentDesk& desk) : desk_(desk) {}

  std::vector<Route> routes();

 private:
  Reply history(Request& request);
  Reply record(Request& request);
  Reply withdraw(Request& request);
  Reply addWording(Request& request);
  Reply listWordings(Request& request);

  customers::ConsentDesk& desk_;
};

}  // namespace clipcourier::http
