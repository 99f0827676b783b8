#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/byte_size.h"
#include "base/byte_source.h"

namespace clipcourier::http {

// The body of a request, streamed: what a media store can take. It never passes a part for the
// whole: read() returns 0 only when as many bytes came as Content-Length said, or the last chunk
// and its trailers. Everything else is an Error: invalidInput "request.truncated" or
// "request.bad_chunk", tooLarge, or HttpError 408 when the sender is too slow. After an error the
// connection is closed with the answer.
class Body : public ByteSource {
 public:
  // Bytes this body says it has; none when it comes in chunks.
  virtual std::optional<std::uint64_t> expectedSize() const = 0;
  // Everything into memory. Throws Error(tooLarge) above `limit`.
  std::string readAll(ByteSize limit);
};

}  // namespace clipcourier::http
