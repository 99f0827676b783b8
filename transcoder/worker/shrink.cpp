#include "transcoder/worker/shrink.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "transcoder/worker/filter_graph.h"

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
  std::string filters = "zscale=w=" + std::to_string(size.width) +
                        ":h=" + std::to_string(size.height) +
                        ":f=bicubic:min=709:pin=709:tin=709:rin=limited:p=709:t=709";
  if (!colours.empty()) filters += ":" + colours;
  FilterGraph graph(picture, {1, 1}, filters + ",format=" + format);
  Frame result;
  graph.feed(share(picture), [&](Frame out) { result = std::move(out); });
  if (!result) throw Error(ErrorKind::internal, "no picture of the wanted size");
  return result;
}

}  // namespace clipcourier::transcoder
