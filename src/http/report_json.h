#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "videos/video.h"

namespace clipcourier::http {

// The report of a clip for a person who reads `language` ("de" or "en"): its sentences in that
// language, its measured quality in words.
nlohmann::json readableReport(const videos::Clip& clip, const std::string& language);

}  // namespace clipcourier::http
