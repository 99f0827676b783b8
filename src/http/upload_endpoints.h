#pragma once

#include <string>
#include <vector>

#include "http/route.h"
#include "videos/upload_service.h"

namespace clipcourier::http {

// /api/v1/uploads: videos over as many requests as it takes, by tus 1.0 with creation,
// creation-with-upload, termination, checksum and expiration. Borrows its argument, and its routes
// borrow it; thread-safe.
class UploadEndpoints {
 public:
  explicit UploadEndpoints(videos::UploadService& uploads) : uploads_(uploads) {}

  std::vector<Route> routes();

 private:
  Reply options(Request& request);
  Reply create(Request& request);
  Reply head(Request& request);
  Reply get(Request& request);
  Reply patch(Request& request);
  Reply remove(Request& request);
  Reply override(Request& request);

  Reply createWithBytes(Request& request, const videos::Upload& upload, Reply reply);
  videos::Upload append(Request& request, const std::string& id, ByteSize offset);

  videos::UploadService& uploads_;
};

}  // namespace clipcourier::http
