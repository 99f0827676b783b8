#include "transcoder/worker/boxes.h"

#include "base/error.h"
#include "fuzz/input.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

FUZZ(input) {
  const auto readAt = [&](std::uint64_t offset, std::size_t count) {
    return offset < input.size() ? std::string(input.substr(offset, count)) : std::string();
  };
  try {
    const Mp4 mp4 = parseMp4(input.size(), readAt);
    for (const Box& box : mp4.boxes)
      require(box.offset <= input.size() && box.size <= input.size() - box.offset);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::invalidInput);
  }
}
