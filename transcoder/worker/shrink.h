#pragma once

#include <string>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/fit.h"

namespace clipcourier::transcoder {

// The same shape with the longer side at most so long, never larger, sides even.
Size atMost(int longSide, Size size);

// The picture in another size and other colours; `colours` are zscale's options from BT.709 limited
// range on ("m=470bg:r=full"), empty for none; `format` is libav's name.
Frame convert(const AVFrame& picture, Size size, const std::string& colours,
              const std::string& format);

}  // namespace clipcourier::transcoder
