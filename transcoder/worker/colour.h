#pragma once

#include <string>

#include "transcoder/worker/av_compat.h"

// What the colours of a frame mean, guessed where the source does not say, and how they become
// BT.709 in limited range.
namespace clipcourier::transcoder {

struct Colours {
  AVColorSpace matrix = AVCOL_SPC_BT709;
  AVColorPrimaries primaries = AVCOL_PRI_BT709;
  AVColorTransferCharacteristic transfer = AVCOL_TRC_BT709;
  bool fullRange = false;
  bool rgb = false;
  bool isHdr() const {
    return transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67;
  }
  friend bool operator==(const Colours&, const Colours&) = default;
};

// The frame's own words win over the container's, because files with an SDR container around HDR
// pictures exist; small pictures without any word are BT.601, as cameras of their time were.
Colours coloursOf(const AVFrame& frame, const AVCodecParameters& container);

// Filters that turn frames of this format and these SDR colours into BT.709 limited range yuv420p
// of the given size.
std::string colourFilters(const Colours& colours, AVPixelFormat format, int sourceWidth,
                          int sourceHeight, int width, int height);

// Filters that bring HDR frames to the given size in yuv444p10, limited range, with BT.2020's
// matrix; light and primaries stay, for ToneMapper.
std::string hdrFilters(const Colours& colours, AVPixelFormat format, int sourceWidth,
                       int sourceHeight, int width, int height);

}  // namespace clipcourier::transcoder
