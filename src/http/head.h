#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/address.h"

// The head of an HTTP/1.x request, read as strictly as RFC 9112 allows: what two programs could
// understand differently (bare line feeds, folded lines, two lengths) is refused, because behind a
// proxy the difference is a way to smuggle requests.
namespace clipcourier::http {

enum class Method { get, head, post, put, patch, del, options };
std::string_view name(Method method);  // "GET"
std::optional<Method> methodNamed(std::string_view name);

struct Target {
  std::string path;                                        // as sent
  std::vector<std::string> segments;                       // decoded; "/a/b%20c" gives "a", "b c"
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in the order sent
};

struct Head {
  Method method = Method::get;
  Target target;
  int minorVersion = 1;                                     // of HTTP/1.x
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::optional<std::uint64_t> contentLength;
  bool chunked = false;
  bool keepAlive = true;
  bool expectsContinue = false;
  Address client;  // who sent it, as far as we can believe it: see clientOf()

  std::optional<std::string_view> field(std::string_view lowerCaseName) const;
};

// Where the head at the front of `bytes` ends (after its empty line); none when it needs more
// bytes. Throws HttpError 400, 414 or 431 as soon as it cannot become a good one.
std::optional<std::size_t> findHeadEnd(std::string_view bytes, std::size_t maxSize);

// `bytes` ends with the empty line. Throws HttpError 400, 417, 501 or 505.
Head parseHead(std::string_view bytes);

// "a%20b" → "a b"; none when an escape is broken or the result is not UTF-8 text without control
// characters. `plusIsBlank` as in query strings.
std::optional<std::string> percentDecode(std::string_view text, bool plusIsBlank = false);

}  // namespace clipcourier::http
