#include "http/body.h"

#include <algorithm>

#include "base/error.h"

namespace clipcourier::http {

std::string Body::readAll(ByteSize limit) {
  std::string all;
  const std::uint64_t announced = std::min(expectedSize().value_or(0), limit.bytes);
  all.reserve(std::min<std::uint64_t>(announced, 1 << 20));
  char buffer[16'384];
  while (const std::size_t count = read(buffer, sizeof buffer)) {
    if (all.size() + count > limit.bytes) {
      throw Error(ErrorKind::tooLarge, "the body is larger than " + toString(limit),
                  "Send at most " + std::to_string(limit.bytes) + " bytes.", "request.too_large");
    }
    all.append(buffer, count);
  }
  return all;
}

}  // namespace clipcourier::http
