#pragma once

#include <nlohmann/json_fwd.hpp>

#include "videos/video_view.h"

namespace clipcourier::http {

enum class VideoDetail { summary, full };  // full: what the source is, and the clips' reports

nlohmann::json toJson(const videos::VideoView& view, VideoDetail detail);

}  // namespace clipcourier::http
