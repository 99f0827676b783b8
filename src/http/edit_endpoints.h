#pragma once

#include <vector>

#include "db/database.h"
#include "http/route.h"
#include "videos/edit_service.h"

namespace clipcourier::http {

// /api/v1/videos/{id}/edits, captions and logo: what people change about a video.
// Borrows its arguments, and its routes borrow it; thread-safe.
class EditEndpoints {
 public:
  EditEndpoints(db::Database& database, videos::EditService& edits)
      : database_(database), edits_(edits) {}

  std::vector<Route> routes();

 private:
  Reply get(Request& request);
  Reply put(Request& request);
  Reply putCaptions(Request& request);
  Reply removeCaptions(Request& request);
  Reply putLogo(Request& request);
  Reply removeLogo(Request& request);
  Reply show(VideoId id, int status);

  db::Database& database_;
  videos::EditService& edits_;
};

}  // namespace clipcourier::http
