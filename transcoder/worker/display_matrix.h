#pragma once

#include <cstdint>
#include <string>

namespace clipcourier::transcoder {

// How stored pictures must be turned to be seen upright.
struct Orientation {
  int rotation = 0;       // clockwise: 0, 90, 180, 270; applied second
  bool mirrored = false;  // left to right; applied first
  bool swapsSides() const { return rotation == 90 || rotation == 270; }
  friend bool operator==(const Orientation&, const Orientation&) = default;
};

// From the 3x3 display matrix of MP4 (16.16 and 2.30 fixed point, nine values); a turn between the
// quarters is rounded to the nearest, nonsense is upright.
Orientation orientationOf(const std::int32_t* matrix);

// The filters that turn, "" when upright; ends with a comma otherwise.
std::string turningFilters(const Orientation& orientation);

}  // namespace clipcourier::transcoder
