#include "transcoder/worker/shrink.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace clipcourier::transcoder {

Size atMost(int longSide, Size size) {
  const double scale =
      std::min(1.0, static_cast<double>(longSide) / std::max({size.width, size.height, 1}));
  const auto even = [&](int side) {
    return std::max(2, static_cast<int>(std::lround(side * scale / 2)) * 2);
  };
  return {even(size.width), even(size.height)};
}

Frame convert(const AVFrame& picture, Size size, const std::string& colours,
              const std::string& format) {
  return Converter(size, colours, format).convert(picture);
}

Converter::Converter(Size size, const std::string& colours, const std::string& format)
    : size_(size),
      filters_("zscale=w=" + std::to_string(size.width) + ":h=" + std::to_string(size.height) +
               ":f=bicubic:min=709:pin=709:tin=709:rin=limited:p=709:t=709" +
               (colours.empty() ? "" : ":" + colours) + ",format=" + format) {}

Frame Converter::convert(const AVFrame& picture) {
  const Size from{picture.width, picture.height};
  if (!graph_ || !(from == from_)) graph_.emplace(picture, AVRational{1, 1'000'000}, filters_);
  from_ = from;
  Frame result;
  graph_->feed(share(picture), [&](Frame out) { result = std::move(out); });
  if (!result) throw Error(ErrorKind::internal, "no picture of the wanted size");
  return result;
}

}  // namespace clipcourier::transcoder
