#pragma once

#include <cstdint>

#include "transcoder/report.h"
#include "transcoder/worker/colour.h"
#include "transcoder/worker/display_matrix.h"
#include "transcoder/worker/scan.h"

namespace clipcourier::transcoder {

// Everything that must be known about a source before a clip is planned.
struct Source {
  Probe probe;
  Scan scan;
  Orientation orientation;
  std::int64_t firstUs = 0;  // time of the first picture that decodes
  bool startsDark = false;
  bool saysWhereOrWho = false;  // place, device, author or the like in its metadata
};

// Reads all packets and decodes the first pictures. Throws Refused.
Source examine(int fd);

// Throws Refused when there are more pictures of that size than we take on. Counts what the
// container holds; nothing is decoded.
void refuseBomb(const Scan& scan, const Probe::Video& video);

// Gives every decoded picture a time, also where the source has none.
class FrameClock {
 public:
  FrameClock(AVRational base, Fraction rate)
      : base_(base), stepUs_(static_cast<std::int64_t>(1e6 / rate.value())) {}
  std::int64_t timeOf(const AVFrame& frame);

 private:
  AVRational base_;
  std::int64_t stepUs_;
  std::int64_t nextUs_ = 0;
};

// The shape of a frame's pixels; nonsense is square.
AVRational pixelAspect(const AVStream& stream, const AVFrame& frame);

}  // namespace clipcourier::transcoder
