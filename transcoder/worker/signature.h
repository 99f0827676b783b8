#pragma once

#include <array>

#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// A picture in 16 x 9 fields of mean luma and colour, to tell how alike two pictures are.
struct Signature {
  static constexpr int kAcross = 16, kDown = 9;
  std::array<float, kAcross * kDown * 3> fields{};  // 0..1
};

// Of a yuv420p picture of at least 2 x 2.
Signature signatureOf(const AVFrame& picture);

// 0: the same; above 0.1: clearly another picture.
double difference(const Signature& a, const Signature& b);

// How much brighter b is than a: -1..1.
double brighter(const Signature& a, const Signature& b);

}  // namespace clipcourier::transcoder
