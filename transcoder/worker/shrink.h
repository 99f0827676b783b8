#pragma once

#include <optional>
#include <string>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/filter_graph.h"
#include "transcoder/worker/fit.h"

namespace clipcourier::transcoder {

// The same shape with the longer side at most so long, never larger, sides even.
Size atMost(int longSide, Size size);

// The picture in another size and other colours; `colours` are zscale's options from BT.709 limited
// range on ("m=470bg:r=full"), empty for none; `format` is libav's name.
Frame convert(const AVFrame& picture, Size size, const std::string& colours,
              const std::string& format);

// The same for many pictures one after the other.
class Converter {
 public:
  Converter(Size size, const std::string& colours, const std::string& format);
  Frame convert(const AVFrame& picture);
  Size size() const { return size_; }

 private:
  Size size_;
  std::string filters_;
  std::optional<FilterGraph> graph_;
  Size from_;
};

}  // namespace clipcourier::transcoder
