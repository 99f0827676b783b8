#include "transcoder/worker/blend.h"

namespace clipcourier::transcoder {
namespace {

struct Area {
  int left, top, right, bottom;  // of the frame
};

Area visible(const AVFrame& frame, int x, int y, int width, int height) {
  return {std::max(0, x), std::max(0, y), std::min(frame.width, x + width),
          std::min(frame.height, y + height)};
}

std::uint8_t* pixel(AVFrame& frame, int plane, int x, int y) {
  return frame.data[plane] + static_cast<std::ptrdiff_t>(y) * frame.linesize[plane] + x;
}

std::uint8_t mix(int under, int over, int alpha) {
  return static_cast<std::uint8_t>((over * alpha + under * (255 - alpha) + 127) / 255);
}

std::uint8_t limited(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

// Calls out(chroma x, chroma y, mean over the 2x2 pixels a chroma sample stands for) where `at`
// answers per pixel; pixels outside of the area count as 0.
template <class At, class Out>
void forChroma(const AVFrame& frame, const Area& area, At&& at, Out&& out) {
  for (int cy = area.top / 2; cy < (area.bottom + 1) / 2; ++cy)
    for (int cx = area.left / 2; cx < (area.right + 1) / 2; ++cx) {
      int count = 0;
      auto sum = at(-1, -1);  // zero
      for (int y = cy * 2; y < std::min(cy * 2 + 2, frame.height); ++y)
        for (int x = cx * 2; x < std::min(cx * 2 + 2, frame.width); ++x, ++count)
          if (x >= area.left && x < area.right && y >= area.top && y < area.bottom)
            sum = sum + at(x, y);
      out(cx, cy, sum, std::max(count, 1));
    }
}

struct Chroma {
  int alpha = 0, u = 0, v = 0;
  Chroma operator+(const Chroma& o) const { return {alpha + o.alpha, u + o.u, v + o.v}; }
};

}  // namespace

void blendColour(AVFrame& frame, const Mask& mask, int x, int y, Yuv colour, int opacity) {
  const Area area = visible(frame, x, y, mask.width, mask.height);
  const auto alphaAt = [&](int px, int py) {
    return (mask.data[static_cast<std::ptrdiff_t>(py - y) * mask.stride + px - x] * opacity + 127) /
           255;
  };
  for (int py = area.top; py < area.bottom; ++py)
    for (int px = area.left; px < area.right; ++px) {
      std::uint8_t* luma = pixel(frame, 0, px, py);
      if (const int alpha = alphaAt(px, py)) *luma = mix(*luma, colour.y, alpha);
    }
  forChroma(
      frame, area, [&](int px, int py) { return px < 0 ? 0 : alphaAt(px, py); },
      [&](int cx, int cy, int sum, int count) {
        if (sum == 0) return;
        const int alpha = (sum + count / 2) / count;
        std::uint8_t* u = pixel(frame, 1, cx, cy);
        std::uint8_t* v = pixel(frame, 2, cx, cy);
        *u = mix(*u, colour.u, alpha);
        *v = mix(*v, colour.v, alpha);
      });
}

void blendStamp(AVFrame& frame, const Stamp& stamp, int x, int y) {
  const Area area = visible(frame, x, y, stamp.width, stamp.height);
  const auto index = [&](int px, int py) {
    return static_cast<std::size_t>(py - y) * static_cast<std::size_t>(stamp.width) +
           static_cast<std::size_t>(px - x);
  };
  for (int py = area.top; py < area.bottom; ++py)
    for (int px = area.left; px < area.right; ++px) {
      const std::size_t i = index(px, py);
      if (stamp.alpha[i] == 0) continue;
      std::uint8_t* luma = pixel(frame, 0, px, py);
      *luma = limited(16 + stamp.y[i] + ((*luma - 16) * (255 - stamp.alpha[i])) / 255);
    }
  forChroma(
      frame, area,
      [&](int px, int py) {
        if (px < 0) return Chroma{};
        const std::size_t i = index(px, py);
        return Chroma{stamp.alpha[i], stamp.u[i], stamp.v[i]};
      },
      [&](int cx, int cy, const Chroma& sum, int count) {
        if (sum.alpha == 0) return;
        const int through = 255 - sum.alpha / count;
        std::uint8_t* u = pixel(frame, 1, cx, cy);
        std::uint8_t* v = pixel(frame, 2, cx, cy);
        *u = limited(128 + sum.u / count + (*u - 128) * through / 255);
        *v = limited(128 + sum.v / count + (*v - 128) * through / 255);
      });
}

void dim(AVFrame& frame, int level) {
  if (level >= 256) return;
  for (int plane = 0; plane < 3; ++plane) {
    const int offset = plane ? 128 : 16, shift = plane ? 1 : 0;
    std::uint8_t table[256];
    for (int value = 0; value < 256; ++value)
      table[value] = limited(offset + (value - offset) * std::max(level, 0) / 256);
    for (int y = 0; y < (frame.height + shift) >> shift; ++y) {
      std::uint8_t* row = pixel(frame, plane, 0, y);
      for (int x = 0; x < (frame.width + shift) >> shift; ++x) row[x] = table[row[x]];
    }
  }
}

}  // namespace clipcourier::transcoder
