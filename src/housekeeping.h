#pragma once

#include <vector>

#include "ticker.h"
#include "videos/media_cleaner.h"
#include "videos/upload_service.h"

namespace clipcourier {

// What looks after uploads and stored files, and logs what it freed. Each chore is short: the
// stored files are looked through in parts, all of them within an hour. Borrows its arguments; one
// thread.
class Housekeeping {
 public:
  Housekeeping(videos::UploadService& uploads, videos::MediaCleaner& cleaner)
      : uploads_(uploads), cleaner_(cleaner) {}

  std::vector<Ticker::Chore> chores();

 private:
  void tendUploads();
  void cleanNextPart();

  videos::UploadService& uploads_;
  videos::MediaCleaner& cleaner_;
  int nextPart_ = 0;
  videos::Cleaned sinceStart_;
};

}  // namespace clipcourier
