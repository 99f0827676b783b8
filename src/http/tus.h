#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/request.h"
#include "videos/upload_writer.h"

// The headers of tus 1.0 (https://tus.io/protocols/resumable-upload), read as hostile input. What
// is missing or malformed throws Error(invalidInput) with a hint.
namespace clipcourier::http::tus {

inline constexpr auto kVersion = "1.0.0";
inline constexpr auto kExtensions = "creation,creation-with-upload,termination,checksum,expiration";
inline constexpr auto kAlgorithms = "sha1,sha256,md5";
inline constexpr auto kBodyType = "application/offset+octet-stream";

// HttpError 412 unless the request speaks our version.
void requireVersion(const Request& request);
// Error(unsupported) unless the body is one of tus.
void requireBodyType(const Request& request);

// Upload-Length, Upload-Offset.
std::uint64_t requireNumber(const Request& request, const std::string& header);

// Upload-Checksum; none when it is not sent.
std::optional<videos::Checksum> checksum(const Request& request);

// Upload-Metadata decoded: names as they are, values as UTF-8 text without control characters, at
// most 1000 bytes each; those of no value are "".
using Metadata = std::map<std::string, std::string, std::less<>>;
Metadata parseMetadata(std::string_view header);

std::string httpDate(TimePoint time);  // RFC 9110: "Fri, 27 Nov 2026 03:15:00 GMT"

}  // namespace clipcourier::http::tus
