#include "http/multipart.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "http/head.h"
#include "http/request.h"

namespace clipcourier::http {
namespace {

constexpr std::size_t kReadSize = 65'536;
constexpr std::size_t kMaxHeaders = 8'192;
constexpr std::size_t kMaxAround = 8'192;  // before the first and after the last boundary
constexpr int kMaxParts = 100;

[[noreturn]] void malformed(const std::string& what) {
  throw Error(ErrorKind::invalidInput, "the form is malformed: " + what,
              "Send multipart/form-data as RFC 7578 describes it, for example with curl -F.",
              "request.bad_multipart");
}

[[noreturn]] void truncated() {
  throw Error(ErrorKind::invalidInput, "the form ended before its closing boundary",
              "The form was cut off; nothing was stored. Send it again.", "request.truncated");
}

bool isBoundary(std::string_view text) {
  return !text.empty() && text.size() <= 70 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) || std::string_view("'()+_,-./:=?").find(static_cast<char>(c)) !=
                                         std::string_view::npos;
         });
}

// The parameter of a header value: form-data; name="a"; filename="b". None when it is not there.
std::optional<std::string> parameter(std::string_view value, std::string_view wanted) {
  std::size_t at = value.find(';');
  while (at != std::string_view::npos) {
    const auto equals = value.find('=', at);
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string key = text::lower(text::trim(value.substr(at + 1, equals - at - 1)));
    std::string content;
    std::size_t i = equals + 1;
    if (i < value.size() && value[i] == '"') {
      for (++i; i < value.size() && value[i] != '"'; ++i) {
        // curl writes \" where browsers write %22; a lone backslash is part of a Windows path.
        if (value[i] == '\\' && i + 1 < value.size() && value[i + 1] == '"') ++i;
        content += value[i];
      }
      if (i == value.size()) return std::nullopt;
      at = value.find(';', i);
    } else {
      at = value.find(';', i);
      content = text::trim(value.substr(i, at == std::string_view::npos ? at : at - i));
    }
    if (key == wanted) return content;
  }
  return std::nullopt;
}

std::string boundaryOf(const Request& request) {
  const std::string_view type = request.header("content-type").value_or("");
  if (request.contentType() != "multipart/form-data") {
    throw Error(ErrorKind::unsupported, "this takes a form", "Send multipart/form-data.",
                "request.not_multipart");
  }
  const auto boundary = parameter(type, "boundary");
  if (!boundary || !isBoundary(*boundary)) malformed("its boundary is missing or not valid");
  return *boundary;
}

// RFC 8187: UTF-8'en'na%C3%AFve.mp4
std::optional<std::string> extended(const std::string& value) {
  if (!text::lower(value).starts_with("utf-8'")) return std::nullopt;
  const auto quote = value.find('\'', 6);
  if (quote == std::string::npos) return std::nullopt;
  return percentDecode(std::string_view(value).substr(quote + 1));
}

}  // namespace

std::string MultipartReader::Part::text(std::size_t maxBytes) {
  std::string all;
  std::array<char, 4'096> buffer{};
  while (const std::size_t count = read(buffer.data(), buffer.size())) {
    if (all.size() + count > maxBytes) {
      throw Error(ErrorKind::tooLarge, "the field " + name + " is too long",
                  "Send at most " + std::to_string(maxBytes) + " bytes in it.",
                  "request.field_too_large");
    }
    all.append(buffer.data(), count);
  }
  if (!text::isUtf8(all)) {
    throw Error(ErrorKind::invalidInput, "the field " + name + " is not UTF-8 text",
                "Encode it as UTF-8.", "request.bad_multipart");
  }
  return all;
}

MultipartReader::MultipartReader(Request& request)
    : MultipartReader(request.body(), boundaryOf(request)) {}

// The first boundary stands at the very beginning or on a line of its own; with a line end put in
// front it is like all others.
MultipartReader::MultipartReader(ByteSource& body, const std::string& boundary)
    : body_(body), delimiter_("\r\n--" + boundary), window_("\r\n") {}

MultipartReader::Part* MultipartReader::next() {
  if (done_) return nullptr;
  skipToDelimiter();
  if (!beginPart()) {
    finish();
    return nullptr;
  }
  if (++parts_ > kMaxParts) malformed("it has more than " + std::to_string(kMaxParts) + " parts");
  readHeaders();
  return &part_;
}

bool MultipartReader::fill() {
  if (bodyEnded_) return false;
  const std::size_t before = window_.size();
  window_.resize(before + kReadSize);
  std::size_t count = 0;
  try {
    count = body_.read(window_.data() + before, kReadSize);
  } catch (...) {
    window_.resize(before);
    throw;
  }
  window_.resize(before + count);
  bodyEnded_ = count == 0;
  return count > 0;
}

bool MultipartReader::lookAhead() {
  while (safe_ == 0 && !atDelimiter_) {
    const auto found = window_.find(delimiter_);
    if (found != std::string::npos) {
      safe_ = found;
      atDelimiter_ = true;
    } else if (window_.size() >= delimiter_.size()) {
      safe_ = window_.size() - delimiter_.size() + 1;  // the rest may be the start of a delimiter
    } else if (!fill()) {
      truncated();
    }
  }
  return safe_ > 0;
}

std::size_t MultipartReader::readPart(char* to, std::size_t size) {
  if (parts_ == 0 || done_ || !lookAhead()) return 0;
  const std::size_t count = std::min(size, safe_);
  std::copy_n(window_.data(), count, to);
  window_.erase(0, count);
  safe_ -= count;
  if (safe_ == 0 && !atDelimiter_ && window_.size() < delimiter_.size() + kReadSize) fill();
  return count;
}

void MultipartReader::skipToDelimiter() {
  std::size_t skipped = 0;
  while (lookAhead()) {
    skipped += safe_;
    if (parts_ == 0 && skipped > kMaxAround) malformed("it does not begin with its boundary");
    window_.erase(0, safe_);
    safe_ = 0;
  }
}

bool MultipartReader::beginPart() {
  window_.erase(0, delimiter_.size());
  atDelimiter_ = false;
  while (window_.size() < 2) {
    if (!fill()) truncated();
  }
  if (window_.starts_with("--")) return false;
  if (!text::trim(takeLine()).empty()) malformed("its boundary occurs inside a part");
  return true;
}

void MultipartReader::readHeaders() {
  part_.name.clear();
  part_.fileName.clear();
  part_.contentType = "text/plain";
  bool named = false;
  std::size_t size = 0;
  for (std::string line = takeLine(); !line.empty(); line = takeLine()) {
    size += line.size() + 2;
    if (size > kMaxHeaders) malformed("the headers of a part are too large");
    const auto colon = line.find(':');
    if (colon == std::string::npos || line.front() == ' ')
      malformed("a part has a header without name");
    const std::string name = text::lower(line.substr(0, colon));
    const std::string value = text::trim(std::string_view(line).substr(colon + 1));
    if (name == "content-disposition") {
      if (std::exchange(named, true)) malformed("a part is named twice");
      readDisposition(value);
    } else if (name == "content-type") {
      part_.contentType = text::lower(text::trim(value.substr(0, value.find(';'))));
    } else if (name == "content-transfer-encoding" && text::lower(value) != "binary" &&
               text::lower(value) != "8bit" && text::lower(value) != "7bit") {
      malformed("a part is encoded; send its bytes as they are");
    }
  }
  if (!named) malformed("a part has no Content-Disposition");
  // The line end of the headers may be the one in front of the next boundary: an empty part.
  window_.insert(0, "\r\n");
  if (window_.size() < delimiter_.size() && !fill()) truncated();
  if (window_.starts_with(delimiter_)) {
    atDelimiter_ = true;
  } else {
    window_.erase(0, 2);
  }
}

void MultipartReader::readDisposition(std::string_view value) {
  if (!text::lower(value).starts_with("form-data")) malformed("a part is no form-data");
  const auto name = parameter(value, "name");
  if (!name || name->empty() || name->size() > 200 || !text::isUtf8(*name)) {
    malformed("a part has no name");
  }
  part_.name = *name;
  auto file = parameter(value, "filename");
  if (const auto better = parameter(value, "filename*")) {
    if (const auto decoded = extended(*better)) file = decoded;
  }
  if (file) part_.fileName = safeFileName(*file);
}

std::string MultipartReader::takeLine() {
  for (;;) {
    const auto end = window_.find("\r\n");
    if (end != std::string::npos && end <= kMaxHeaders) {
      const std::string line = window_.substr(0, end);
      window_.erase(0, end + 2);
      return line;
    }
    if (window_.size() > kMaxHeaders) malformed("a header of a part is too large");
    if (!fill()) truncated();
  }
}

// What follows the closing boundary means nothing, but the body must still come to its proper end.
void MultipartReader::finish() {
  done_ = true;
  std::size_t size = window_.size();
  while (fill()) {
    size += window_.size();
    window_.clear();
    if (size > kMaxAround) malformed("much follows its closing boundary");
  }
}

std::string safeFileName(std::string_view name) {
  const auto slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string safe;
  for (unsigned char c : name) {
    if (c >= 0x20 && c != 0x7f) safe += static_cast<char>(c);
  }
  safe = text::truncate(text::trim(safe), 200);
  if (safe.empty() || safe == "." || safe == ".." || !text::isUtf8(safe)) return "upload";
  return safe;
}

}  // namespace clipcourier::http
