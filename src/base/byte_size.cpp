#include "base/byte_size.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace clipcourier {

std::string toString(ByteSize size, char point) {
  static constexpr std::array units{"bytes", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(size.bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  std::string result = text;
  std::replace(result.begin(), result.end(), '.', point);
  return result;
}

}  // namespace clipcourier
