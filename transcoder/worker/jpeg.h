#pragma once

#include <string>

#include "base/byte_size.h"
#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// A finished picture.
struct Still {
  int width = 0, height = 0;
  std::string bytes;
};

// A JPEG (JFIF colours) of a BT.709 limited-range picture, at most `longSide` pixels and never
// enlarged; the quality is lowered until it fits into `limit`. No metadata.
Still makeJpeg(const AVFrame& picture, int longSide, ByteSize limit);

}  // namespace clipcourier::transcoder
