#pragma once

#include <string_view>
#include <vector>

#include "transcoder/captions.h"

namespace clipcourier::transcoder {

// WebVTT (W3C): cues with identifiers, the settings position, align and line, <b> <i> (other tags
// are left away), entities; NOTE, STYLE and REGION are passed over. Pure; throws like
// parseCaptions.
std::vector<Caption> parseWebVtt(std::string_view bytes);

}  // namespace clipcourier::transcoder
