#pragma once

#include <cstddef>

namespace clipcourier {

// Bytes that arrive piece by piece: an upload, a file, a part of a form. One reader at a time.
struct ByteSource {
  virtual ~ByteSource() = default;
  // Waits for at least one byte and returns how many it wrote to `to` (at most `size` > 0). 0 means
  // that everything has arrived; a source that was cut off throws Error(invalidInput) instead.
  virtual std::size_t read(char* to, std::size_t size) = 0;
};

}  // namespace clipcourier
