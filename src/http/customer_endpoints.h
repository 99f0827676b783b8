#pragma once

#include <vector>

#include "customers/customer_service.h"
#include "http/route.h"

namespace clipcourier::http {

// /api/v1/customers: make, look, find, edit, and single identities and tags. Addresses never stand
// in a URL, where logs would keep them. Borrows its argument, and its routes borrow it;
// thread-safe.
class CustomerEndpoints {
 public:
  explicit CustomerEndpoints(customers::CustomerService& service) : service_(service) {}

  std::vector<Route> routes();

 private:
  Reply create(Request& request);
  Reply list(Request& request);
  Reply search(Request& request);
  Reply get(Request& request);
  Reply edit(Request& request);
  Reply setIdentity(Request& request);
  Reply removeIdentity(Request& request);
  Reply addTag(Request& request);
  Reply removeTag(Request& request);
  Reply change(Request& request, const std::function<void(customers::CustomerData&)>& edit);

  customers::CustomerService& service_;
};

}  // namespace clipcourier::http
