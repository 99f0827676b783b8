#pragma once

#include <string>
#include <vector>

#include "db/database.h"
#include "http/route.h"
#include "media/media_store.h"
#include "videos/ingest_service.h"
#include "videos/video_service.h"

namespace clipcourier::http {

// /api/v1/videos: upload, look, edit, remove, convert again, and the clips with their reports.
// Borrows its arguments, and its routes borrow it; thread-safe.
class VideoEndpoints {
 public:
  VideoEndpoints(db::Database& database, videos::IngestService& ingest,
                 videos::VideoService& service, const media::MediaStore& store)
      : database_(database), ingest_(ingest), service_(service), store_(store) {}

  std::vector<Route> routes();

 private:
  Reply upload(Request& request);
  Reply list(Request& request);
  Reply get(Request& request);
  Reply edit(Request& request);
  Reply remove(Request& request);
  Reply retry(Request& request);
  Reply show(VideoId id, int status);

  Reply requestClip(Request& request);
  Reply content(Request& request);
  Reply report(Request& request);
  videos::Clip clipOf(const Request& request);  // ready; Error(notFound)

  db::Database& database_;
  videos::IngestService& ingest_;
  videos::VideoService& service_;
  const media::MediaStore& store_;
};

}  // namespace clipcourier::http
