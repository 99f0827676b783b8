#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transcoder/worker/animated_webp.h"

namespace clipcourier::transcoder {

// A looping GIF of BT.709 limited-range yuv420p pictures with one palette of at most so many
// colours (2..256). No comments. GIF counts in hundredths of a second, so times are rounded.
std::string makeGif(const std::vector<const AVFrame*>& frames, Size size, Fraction rate,
                    int colours);

// By our own parser for the blocks and libav for the pictures.
MeasuredAnimation measureGif(std::string_view bytes);

}  // namespace clipcourier::transcoder
