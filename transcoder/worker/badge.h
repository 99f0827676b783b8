#pragma once

#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// A copy with a play sign in the middle: a white triangle with round corners on a dark disc with a
// light rim, so that it is seen on bright and dark pictures. `picture`: yuv420p, limited range.
Frame withBadge(const AVFrame& picture);

}  // namespace clipcourier::transcoder
