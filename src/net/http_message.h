#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/byte_size.h"
#include "base/clock.h"
#include "base/unique_fd.h"

// One HTTP request we make and what came of it: plain values, so that what speaks to a provider can
// be written and tested without a socket.
namespace clipcourier::net {

// Bytes of a file that are sent without being in memory at once. With `file` set, its bytes
// [offset, offset + size) are read with pread; otherwise `path` is opened when the request starts.
struct FileSource {
  std::string path;
  std::shared_ptr<const UniqueFd> file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // exactly; a file that turns out shorter fails the request
};

struct MultipartPart {
  std::string name;
  std::variant<std::string, FileSource> content;
  std::string contentType;  // empty: none is sent
  std::string fileName;     // empty: a plain field
};

// Nothing, bytes, a form, or a file as it is.
using RequestBody =
    std::variant<std::monostate, std::string, std::vector<MultipartPart>, FileSource>;

struct Header {
  std::string name, value;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;              // http or https, absolute
  std::vector<Header> headers;  // may hold a token: a request is never logged
  RequestBody body;
  Millis connectTimeout{10'000};  // name look-up, TCP and TLS
  Millis timeout{30'000};        // all of it, counted from send(), waiting for a free slot included
  ByteSize maxResponse = 1_MiB;  // a larger answer is cut there and reported as `lost`
  // When set, the body of a 2xx answer is written here from offset 0 instead of into `body`.
  std::shared_ptr<const UniqueFd> saveTo;
};

// Why there is no complete answer.
struct TransportFailure {
  enum class Kind {
    notSent,  // name, connection or TLS failed: no byte of the request left; sending again is safe
    lost,     // it may have arrived, only the answer is missing or incomplete
  };
  Kind kind = Kind::lost;
  std::string reason;  // for the operator; holds no header, no body and no query of the URL
};

struct HttpResponse {
  int status = 0;       // 0: no answer began; an answer that broke off has one
  std::string headers;  // as received: lines ended by CRLF, without the status line
  std::string body;
  std::optional<TransportFailure> failure;  // none: the whole answer is here

  bool complete() const noexcept { return !failure; }
  bool notSent() const noexcept {
    return failure && failure->kind == TransportFailure::Kind::notSent;
  }
  // Value of the first header of that name in any case; empty when there is none.
  std::string_view header(std::string_view name) const;
};

}  // namespace clipcourier::net
