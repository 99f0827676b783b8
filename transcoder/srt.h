#pragma once

#include <string_view>
#include <vector>

#include "transcoder/captions.h"

namespace clipcourier::transcoder {

// SubRip: numbered blocks of "00:00:01,000 --> 00:00:02,500" and text. Takes what editors really
// write: a byte order mark, any line ends, missing numbers and hours, dots for commas, empty lines
// inside a text, <b> <i> (other tags are left away), {\an8} for the upper edge, HTML entities.
// Pure; throws like parseCaptions.
std::vector<Caption> parseSrt(std::string_view bytes);

}  // namespace clipcourier::transcoder
