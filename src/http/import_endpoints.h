#pragma once

#include <vector>

#include "base/byte_size.h"
#include "customers/import_jobs.h"
#include "http/route.h"

namespace clipcourier::http {

// /api/v1/imports: send a customer file, follow it, read what was wrong with its lines. Borrows its
// arguments, and its routes borrow it; thread-safe.
class ImportEndpoints {
 public:
  ImportEndpoints(customers::ImportJobs& jobs, const customers::ImportService& imports,
                  ByteSize maxFile = 512_MiB)
      : jobs_(jobs), imports_(imports), maxFile_(maxFile) {}

  std::vector<Route> routes();

 private:
  Reply begin(Request& request);
  Reply list(Request& request);
  Reply get(Request& request);

  customers::ImportJobs& jobs_;
  const customers::ImportService& imports_;
  ByteSize maxFile_;
};

}  // namespace clipcourier::http
