#pragma once

#include <string>

#include "base/byte_size.h"
#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/jpeg.h"

namespace clipcourier::transcoder {

// A lossy WebP like makeJpeg(): of a BT.709 limited-range picture, at most `longSide` pixels and
// never enlarged, the quality lowered until it fits. No metadata.
Still makeWebp(const AVFrame& picture, int longSide, ByteSize limit);

}  // namespace clipcourier::transcoder
