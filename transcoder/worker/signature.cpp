#include "transcoder/worker/signature.h"

#include <algorithm>
#include <cmath>

namespace clipcourier::transcoder {
namespace {

constexpr int kFields = Signature::kAcross * Signature::kDown;

double meanOf(const AVFrame& picture, int plane, int field) {
  const int width = plane ? (picture.width + 1) / 2 : picture.width;
  const int height = plane ? (picture.height + 1) / 2 : picture.height;
  const int across = field % Signature::kAcross, down = field / Signature::kAcross;
  const int left = across * width / Signature::kAcross;
  const int right = std::max(left + 1, (across + 1) * width / Signature::kAcross);
  const int top = down * height / Signature::kDown;
  const int bottom = std::max(top + 1, (down + 1) * height / Signature::kDown);
  std::int64_t sum = 0;
  for (int y = top; y < bottom; ++y) {
    const std::uint8_t* row =
        picture.data[plane] + static_cast<std::ptrdiff_t>(y) * picture.linesize[plane];
    for (int x = left; x < right; ++x) sum += row[x];
  }
  return static_cast<double>(sum) / (static_cast<double>(right - left) * (bottom - top));
}

}  // namespace

Signature signatureOf(const AVFrame& picture) {
  Signature result;
  for (int plane = 0; plane < 3; ++plane)
    for (int field = 0; field < kFields; ++field)
      result.fields[static_cast<std::size_t>(plane * kFields + field)] =
          static_cast<float>(meanOf(picture, plane, field) / 219);
  return result;
}

double difference(const Signature& a, const Signature& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    sum += std::abs(static_cast<double>(a.fields[i]) - b.fields[i]);
  return sum / kFields;  // luma counts once, both chroma planes add to it
}

double brighter(const Signature& a, const Signature& b) {
  double sum = 0;
  for (std::size_t i = 0; i < kFields; ++i) sum += static_cast<double>(b.fields[i]) - a.fields[i];
  return sum / kFields;
}

}  // namespace clipcourier::transcoder
