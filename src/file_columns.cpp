#include "file_columns.h"

namespace clipcourier {

const std::vector<videos::FileColumn>& fileColumns() {
  static const std::vector<videos::FileColumn> columns{
      {"videos", "original_sha256"},
      {"videos", "captions_sha256"},
      {"videos", "logo_sha256"},
      {"videos", "poster_image_sha256"},
      {"video_pictures", "sha256"},
      {"clips", "sha256"},
      {"clips", "poster_sha256"},
      {"clips", "thumbnail_sha256"},
      {"campaign_contents", "clip_sha256"},
      {"page_choices", "clip_sha256"},
      {"sender_media", "sha256"},
  };
  return columns;
}

}  // namespace clipcourier
