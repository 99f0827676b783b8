#pragma once

#include <cstdint>
#include <vector>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/yuv.h"

// Lays things over finished pictures (yuv420p, BT.709 limited range), which must be writable. What
// reaches beyond the picture is left away.
namespace clipcourier::transcoder {

// How strongly each pixel of a rectangle covers what is below; 255 hides it.
struct Mask {
  const std::uint8_t* data = nullptr;
  int stride = 0, width = 0, height = 0;
};

// One colour through a mask; `opacity` 0..255 on top.
void blendColour(AVFrame& frame, const Mask& mask, int x, int y, Yuv colour, int opacity);

// A picture with an alpha channel, its colours already multiplied with alpha, 4:4:4.
struct Stamp {
  int width = 0, height = 0;
  std::vector<std::uint8_t> alpha;
  std::vector<std::int16_t> y, u, v;  // (code - offset) x alpha / 255; offsets 16, 128, 128
};
void blendStamp(AVFrame& frame, const Stamp& stamp, int x, int y);

// Darkens all of it: 256 changes nothing, 0 is black.
void dim(AVFrame& frame, int level);

}  // namespace clipcourier::transcoder
