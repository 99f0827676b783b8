#include "transcoder/worker/display_matrix.h"

#include <cmath>

namespace clipcourier::transcoder {

// A point (x, y) goes to (a·x + c·y, b·x + d·y), y downwards. Mirroring is a negative determinant;
// with it taken out, the first column is where the x axis points after the clockwise turn.
Orientation orientationOf(const std::int32_t* matrix) {
  double a = matrix[0], b = matrix[1];
  const double c = matrix[3], d = matrix[4];
  const double determinant = a * d - b * c;
  if (determinant == 0 || (a == 0 && b == 0)) return {};
  Orientation orientation;
  orientation.mirrored = determinant < 0;
  if (orientation.mirrored) {
    a = -a;
    b = -b;
  }
  const int quarters = static_cast<int>(std::lround(std::atan2(b, a) / (M_PI / 2)));
  orientation.rotation = ((quarters % 4 + 4) % 4) * 90;
  return orientation;
}

std::string turningFilters(const Orientation& orientation) {
  std::string filters;
  if (orientation.mirrored) filters += "hflip,";
  switch (orientation.rotation) {
    case 90: return filters + "transpose=clock,";
    case 180: return filters + "hflip,vflip,";
    case 270: return filters + "transpose=cclock,";
    default: return filters;
  }
}

}  // namespace clipcourier::transcoder
