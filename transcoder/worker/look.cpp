#include "transcoder/worker/look.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace clipcourier::transcoder {
namespace {

constexpr int kBlack = 16;
constexpr int kWhite = 235;

}  // namespace

Look look(const AVFrame& frame) {
  const int step = std::max(1, std::max(frame.width, frame.height) / 320);
  std::int64_t count = 0, sum = 0, squares = 0, bright = 0, edges = 0, chroma = 0;
  for (int y = 0; y < frame.height; y += step) {
    const std::uint8_t* row = frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0];
    const std::uint8_t* below =
        frame.data[0] +
        static_cast<std::ptrdiff_t>(std::min(y + 1, frame.height - 1)) * frame.linesize[0];
    const std::uint8_t* u = frame.data[1] + static_cast<std::ptrdiff_t>(y / 2) * frame.linesize[1];
    const std::uint8_t* v = frame.data[2] + static_cast<std::ptrdiff_t>(y / 2) * frame.linesize[2];
    for (int x = 0; x < frame.width; x += step) {
      const int luma = row[x];
      ++count;
      sum += luma;
      squares += luma * luma;
      bright += luma > kBlack + 34;
      edges += std::abs(luma - row[std::min(x + 1, frame.width - 1)]) + std::abs(luma - below[x]);
      chroma += std::abs(u[x / 2] - 128) + std::abs(v[x / 2] - 128);
    }
  }
  const double n = static_cast<double>(std::max<std::int64_t>(count, 1));
  const double mean = static_cast<double>(sum) / n;
  const double range = kWhite - kBlack;
  Look result;
  result.brightness = std::clamp((mean - kBlack) / range, 0.0, 1.0);
  result.bright = static_cast<double>(bright) / n;
  result.contrast =
      std::sqrt(std::max(0.0, static_cast<double>(squares) / n - mean * mean)) / range;
  result.sharpness = static_cast<double>(edges) / n / range;
  result.colour = static_cast<double>(chroma) / n / range;
  return result;
}

bool isDark(const Look& look) { return look.bright < 0.02 && look.brightness < 0.08; }

double posterScore(const Look& look) {
  if (isDark(look)) return 0;
  // Best around the middle; very dark and burnt-out pictures count little.
  const double exposure = std::max(0.05, 1 - std::pow((look.brightness - 0.45) / 0.5, 2));
  const double sharp = look.sharpness / (look.sharpness + 0.04);
  return exposure * (0.2 + std::min(look.contrast * 3, 0.8)) * (0.2 + sharp) / 1.2 *
         (0.6 + std::min(look.colour * 3, 0.4));
}

}  // namespace clipcourier::transcoder
