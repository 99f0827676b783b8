#pragma once

#include <optional>

#include "transcoder/worker/colour.h"
#include "transcoder/worker/display_matrix.h"
#include "transcoder/worker/filter_graph.h"
#include "transcoder/worker/fit.h"
#include "transcoder/worker/padding.h"
#include "transcoder/worker/tone_map.h"

namespace clipcourier::transcoder {

// Turns decoded pictures into what a phone shows: upright, square pixels, BT.709 limited range
// yuv420p, transparent parts on a colour, one size. A source may change its size and format at any
// frame; another shape than the clip's is cropped to it or fitted in with bars, as the edits say.
class PictureMaker {
 public:
  // Copies what it needs of `container`: a source that is opened again has another one. Sizes are
  // even and as seen (after turning).
  PictureMaker(const AVCodecParameters& container, Orientation orientation, int width, int height,
               std::uint32_t background, std::optional<Edits::Fit> fit = {});

  // Keeps the time stamp. `aspect`: the shape of the frame's pixels. Throws Error.
  Frame make(const AVFrame& frame, AVRational aspect);

 private:
  struct Kind {
    int width, height, format;
    AVRational aspect;
    Colours colours;
    bool operator==(const Kind& other) const;
  };
  std::string filtersFor(const Kind& kind) const;
  std::string cropFilter(const Kind& kind, Size& stored, double& shape, double wanted) const;

  CodecParameters container_;
  Orientation orientation_;
  int width_, height_;
  std::uint32_t background_;
  std::optional<Edits::Fit> fit_;
  std::optional<Kind> kind_;
  std::optional<FilterGraph> graph_;
  std::optional<Padding> padding_;
  std::optional<ToneMapper> toneMapper_;  // of an HDR source
};

bool hasAlpha(AVPixelFormat format);

// Lays a picture with an alpha channel on a colour (0xRRGGBB).
Frame flatten(const AVFrame& frame, std::uint32_t background);

}  // namespace clipcourier::transcoder
