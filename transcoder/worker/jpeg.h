#pragma once

#include <string>

#include "base/byte_size.h"
#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// A JPEG (JFIF colours) of a BT.709 limited-range picture, at most `longSide` pixels and never
// enlarged; the quality is lowered until it fits into `limit`. No metadata.
struct Jpeg {
  int width = 0, height = 0;
  std::string bytes;
};
Jpeg makeJpeg(const AVFrame& picture, int longSide, ByteSize limit);

}  // namespace clipcourier::transcoder
