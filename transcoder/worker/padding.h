#pragma once

#include <optional>

#include "transcoder/edits.h"
#include "transcoder/worker/filter_graph.h"

namespace clipcourier::transcoder {

// Lays finished pictures (yuv420p, BT.709) into the middle of a larger one: on black, on a colour,
// or on a blurred and darkened enlargement of themselves.
class Padding {
 public:
  // Even sizes; `fill` as in Edits::Fit, "crop" gives black bars.
  Padding(int width, int height, std::string fill, std::uint32_t colour);

  // A picture at most as large as the canvas, always of the same size. Keeps its properties.
  Frame pad(Frame picture);

 private:
  Frame blurred(const AVFrame& picture);
  Frame coloured() const;

  int width_, height_;
  std::string fill_;
  std::uint32_t colour_;
  std::optional<FilterGraph> blur_;
};

// Another frame to write on: pixels of its own, size and format of `like`.
Frame copyOf(const AVFrame& like);

}  // namespace clipcourier::transcoder
