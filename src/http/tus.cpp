#include "http/tus.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/digest.h"
#include "base/text.h"
#include "http/http_error.h"

namespace clipcourier::http::tus {
namespace {

constexpr std::size_t kMaxHeader = 8'000, kMaxValue = 1'000, kMaxPairs = 20;

[[noreturn]] void bad(const std::string& header, const std::string& what, const std::string& hint) {
  throw Error(ErrorKind::invalidInput, header + " " + what, hint, "upload.bad_header");
}

[[noreturn]] void badMetadata(const std::string& what) {
  bad("Upload-Metadata", what,
      "Send pairs of a name and a value in Base64, separated by commas; values are UTF-8.");
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool isName(std::string_view text) {
  return !text.empty() && text.size() <= 100 &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string decodedValue(std::string_view base64) {
  if (base64.size() > 4 * (kMaxValue / 3 + 1)) badMetadata("has a value that is too long");
  const auto value = crypto::unbase64(base64);
  if (!value) badMetadata("has a value that is not Base64");
  if (value->size() > kMaxValue) badMetadata("has a value that is too long");
  if (!text::isUtf8(*value) || std::ranges::any_of(*value, isControl))
    badMetadata("has a value that is no UTF-8 text in one line");
  return *value;
}

std::optional<crypto::Algorithm> algorithmNamed(std::string_view name) {
  if (name == "sha1") return crypto::Algorithm::sha1;
  if (name == "sha256") return crypto::Algorithm::sha256;
  if (name == "md5") return crypto::Algorithm::md5;
  return std::nullopt;
}

std::size_t sizeOf(crypto::Algorithm algorithm) {
  return crypto::Digest(algorithm).finish().size();
}

}  // namespace

void requireVersion(const Request& request) {
  if (request.header("tus-resumable") == kVersion) return;
  throw HttpError(412, "this version of tus is not spoken here",
                  std::string("Send Tus-Resumable: ") + kVersion, "upload.version",
                  {{"Tus-Version", kVersion}});
}

void requireBodyType(const Request& request) {
  if (request.contentType() == kBodyType) return;
  throw Error(ErrorKind::unsupported, "this takes the bytes of an upload",
              std::string("Send Content-Type: ") + kBodyType, "upload.type");
}

std::uint64_t requireNumber(const Request& request, const std::string& header) {
  const auto text = request.header(text::lower(header)).value_or("");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.size() > 18 || error != std::errc{} || end != text.data() + text.size())
    bad(header, "is missing or no number", "Send a whole number of bytes in it.");
  return value;
}

std::optional<videos::Checksum> checksum(const Request& request) {
  const auto header = request.header("upload-checksum");
  if (!header) return std::nullopt;
  const auto blank = header->find(' ');
  const auto algorithm = algorithmNamed(header->substr(0, blank));
  const auto digest =
      blank == std::string_view::npos ? std::nullopt : crypto::unbase64(header->substr(blank + 1));
  if (!algorithm || !digest || digest->size() != sizeOf(*algorithm))
    bad("Upload-Checksum", "is not valid",
        std::string("Send one of ") + kAlgorithms + ", a blank, and the hash in Base64.");
  return videos::Checksum{*algorithm, *digest};
}

Metadata parseMetadata(std::string_view header) {
  Metadata metadata;
  if (text::trim(header).empty()) return metadata;
  if (header.size() > kMaxHeader) badMetadata("is too long");
  for (const std::string& part : text::split(header, ',')) {
    const std::string pair = text::trim(part);
    const auto blank = pair.find(' ');
    const std::string name = pair.substr(0, blank);
    if (!isName(name)) badMetadata("has a name that is not valid");
    const std::string value =
        blank == std::string::npos ? "" : decodedValue(std::string_view(pair).substr(blank + 1));
    if (!metadata.emplace(name, value).second) badMetadata("has a name twice");
    if (metadata.size() > kMaxPairs) badMetadata("has too many pairs");
  }
  return metadata;
}

std::string httpDate(TimePoint time) {
  return Poco::DateTimeFormatter::format(Poco::Timestamp(toMs(time) * 1'000),
                                         Poco::DateTimeFormat::HTTP_FORMAT);
}

}  // namespace clipcourier::http::tus
