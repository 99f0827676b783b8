#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "http/reply.h"

namespace clipcourier::http {

class Request;

struct FileToServe {
  UniqueFd file;  // stays readable as long as the answer is sent
  std::uint64_t size = 0;
  std::string contentType;
  std::string etag;  // without quotes; names exactly these bytes: their SHA-256
  std::string cacheControl;
};

// The file, or what of it was asked for (RFC 9110 sections 13 and 14): 304 for If-None-Match, 206
// for one range if If-Range agrees, 416 for a range outside of the file, else 200. Several ranges
// at once get the whole file, as a server may.
Reply fileReply(const Request& request, FileToServe file);

}  // namespace clipcourier::http
