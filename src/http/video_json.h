#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "videos/video_view.h"

namespace clipcourier::http {

enum class VideoDetail { summary, full };  // full: what the source is, and the clips' reports

nlohmann::json toJson(const videos::VideoView& view, VideoDetail detail);
// What was changed about it, and how far the clips of that are.
nlohmann::json editsJson(const videos::VideoView& view);
// Its pictures, the candidates for its poster, and which was chosen.
nlohmann::json picturesJson(const videos::VideoView& view);

// The last part of a picture's address: "poster.jpg", "candidate-2.jpg".
std::string fileName(const videos::VideoPicture& picture);

}  // namespace clipcourier::http
