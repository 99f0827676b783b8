#pragma once

#include <vector>

#include "db/database.h"
#include "http/route.h"
#include "media/media_store.h"
#include "videos/edit_service.h"
#include "videos/video_view.h"

namespace clipcourier::http {

// /api/v1/videos/{id}/pictures and /poster: what shows a video, and which picture stands for it.
// Borrows its arguments, and its routes borrow it; thread-safe.
class PictureEndpoints {
 public:
  PictureEndpoints(db::Database& database, videos::EditService& edits,
                   const media::MediaStore& store)
      : database_(database), edits_(edits), store_(store) {}

  std::vector<Route> routes();

 private:
  Reply list(Request& request);
  Reply file(Request& request);
  Reply choose(Request& request);
  Reply upload(Request& request);
  Reply reset(Request& request);
  videos::VideoView view(VideoId id);
  Reply show(VideoId id, int status);

  db::Database& database_;
  videos::EditService& edits_;
  const media::MediaStore& store_;
};

}  // namespace clipcourier::http
