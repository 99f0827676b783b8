#include "base/byte_size.h"

#include <array>
#include <cstdio>

namespace clipcourier {

std::string toString(ByteSize size) {
  static constexpr std::array units{"bytes", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(size.bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

}  // namespace clipcourier
