#pragma once

#include <algorithm>
#include <cstdint>

// BT.709 limited range, as all of our pictures are.
namespace clipcourier::transcoder {

struct Yuv {
  std::uint8_t y = 16, u = 128, v = 128;
};

// 0xRRGGBB (sRGB values taken as BT.709's, as players do).
inline Yuv toYuv(std::uint32_t rgb) {
  const double r = static_cast<double>(rgb >> 16 & 255) / 255;
  const double g = static_cast<double>(rgb >> 8 & 255) / 255;
  const double b = static_cast<double>(rgb & 255) / 255;
  const double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const auto code = [](double value) {
    return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
  };
  return {code(16 + 219 * y), code(128 + 224 * (b - y) / 1.8556),
          code(128 + 224 * (r - y) / 1.5748)};
}

}  // namespace clipcourier::transcoder
