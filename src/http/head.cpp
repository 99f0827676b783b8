#include "http/head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "http/head_end.h"
#include "http/http_error.h"

namespace clipcourier::http {
namespace {

constexpr std::size_t kMaxRequestLine = 8'192;
constexpr std::size_t kMaxFields = 100;
constexpr std::size_t kMaxEmptyLines = 4;  // before a request line

[[noreturn]] void malformed(const std::string& what) {
  throw HttpError(400, "malformed request: " + what, "Send a well-formed HTTP/1.1 request.",
                  "request.malformed");
}

bool isTokenChar(unsigned char c) {
  return std::isalnum(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
}
bool isToken(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), isTokenChar);
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Takes the text up to the next CRLF off the front.
std::string_view takeLine(std::string_view& bytes) {
  const auto end = bytes.find("\r\n");
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return line;
}

std::size_t skipLeadingEmptyLines(std::string_view bytes) {
  std::size_t at = 0;
  while (at < 2 * kMaxEmptyLines && bytes.substr(at, 2) == "\r\n") at += 2;
  return at;
}

void parseQuery(std::string_view text, Target& target) {
  for (const std::string& pair : text::split(text, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto key = percentDecode(std::string_view(pair).substr(0, equals), true);
    const auto value = equals == std::string::npos
                           ? std::optional<std::string>("")
                           : percentDecode(std::string_view(pair).substr(equals + 1), true);
    if (!key || !value) malformed("a query parameter is no UTF-8 text");
    target.query.emplace_back(*key, *value);
  }
}

Target parseTarget(std::string_view text) {
  // A proxy may be sent the absolute form; the path is what counts.
  for (std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) {
      const auto slash = text.find('/', scheme.size());
      text = slash == std::string_view::npos ? std::string_view("/") : text.substr(slash);
    }
  }
  Target target;
  if (text == "*") {
    target.path = "*";
    return target;
  }
  if (!text.starts_with('/')) malformed("the target is no path");
  const auto question = text.find('?');
  target.path = text.substr(0, question);
  if (question != std::string_view::npos) parseQuery(text.substr(question + 1), target);
  for (const std::string& segment : text::split(target.path.substr(1), '/')) {
    auto decoded = percentDecode(segment);
    if (!decoded || *decoded == "." || *decoded == ".." ||
        decoded->find('/') != std::string::npos) {
      malformed("the path has a segment that is not allowed");
    }
    target.segments.push_back(std::move(*decoded));
  }
  return target;
}

void parseRequestLine(std::string_view line, Head& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    malformed("the request line has no three parts");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!isToken(method)) malformed("the method is no token");
  if (!std::all_of(target.begin(), target.end(),
                   [](unsigned char c) { return c > 0x20 && c < 0x7f; })) {
    malformed("the target has characters that must be escaped");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (!version.starts_with("HTTP/")) malformed("there is no HTTP version");
    throw HttpError(505, "this HTTP version is not spoken here", "Use HTTP/1.1.",
                    "request.version");
  }
  head.minorVersion = version.back() - '0';
  const auto known = methodNamed(method);
  if (!known) {
    throw HttpError(501, "this method is not known here", "Use a method the API description names.",
                    "request.method");
  }
  head.method = *known;
  head.target = parseTarget(target);
}

void parseField(std::string_view line, Head& head) {
  if (line.front() == ' ' || line.front() == '\t') malformed("a header is folded");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) {
    malformed("a header has no name");
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  for (unsigned char c : value) {
    if ((c < 0x20 && c != '\t') || c == 0x7f) malformed("a header has control characters");
  }
  head.fields.emplace_back(text::lower(line.substr(0, colon)), value);
}

// The only value of a header that must not be repeated.
std::optional<std::string> single(const Head& head, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [key, value] : head.fields) {
    if (key != name) continue;
    if (found) malformed("the header " + std::string(name) + " is repeated");
    found = value;
  }
  return found;
}

void readBodyLength(Head& head) {
  const auto length = single(head, "content-length");
  const auto coding = single(head, "transfer-encoding");
  if (length && coding) malformed("it has both Content-Length and Transfer-Encoding");
  if (coding) {
    if (head.minorVersion == 0) malformed("HTTP/1.0 has no Transfer-Encoding");
    if (text::lower(*coding) != "chunked") {
      throw HttpError(501, "this transfer coding is not known here",
                      "Send the body plain or chunked.", "request.transfer_coding");
    }
    head.chunked = true;
  }
  if (length) {
    std::uint64_t bytes = 0;
    const auto [end, error] =
        std::from_chars(length->data(), length->data() + length->size(), bytes);
    if (error != std::errc{} || end != length->data() + length->size() || length->size() > 18) {
      malformed("Content-Length is no number");
    }
    head.contentLength = bytes;
  }
}

void readConnection(Head& head) {
  head.keepAlive = head.minorVersion >= 1;
  for (const auto& [name, value] : head.fields) {
    if (name != "connection") continue;
    for (const std::string& option : text::split(text::lower(value), ',')) {
      if (text::trim(option) == "close") head.keepAlive = false;
    }
  }
}

void readExpectation(Head& head) {
  const auto expect = single(head, "expect");
  if (!expect) return;
  if (text::lower(*expect) != "100-continue") {
    throw HttpError(417, "this expectation cannot be met", "Send no Expect, or 100-continue.",
                    "request.expectation");
  }
  head.expectsContinue = head.minorVersion >= 1;
}

}  // namespace

std::string_view name(Method method) {
  static constexpr std::array<std::string_view, 7> kNames = {"GET",   "HEAD",   "POST",   "PUT",
                                                             "PATCH", "DELETE", "OPTIONS"};
  return kNames[static_cast<std::size_t>(method)];
}

std::optional<Method> methodNamed(std::string_view text) {
  for (Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                        Method::del, Method::options}) {
    if (name(method) == text) return method;
  }
  return std::nullopt;
}

std::optional<std::string_view> Head::field(std::string_view lowerCaseName) const {
  for (const auto& [key, value] : fields) {
    if (key == lowerCaseName) return value;
  }
  return std::nullopt;
}

std::optional<std::size_t> findHeadEnd(std::string_view bytes, std::size_t maxSize) {
  return findHeadEndAfter(0, bytes, maxSize);
}

std::optional<std::size_t> findHeadEndAfter(std::size_t scanned, std::string_view bytes,
                                            std::size_t maxSize) {
  const std::size_t start = skipLeadingEmptyLines(bytes);
  const std::string_view text = bytes.substr(start);
  const std::size_t from = scanned < start + 3 ? 0 : scanned - start - 3;  // an end may lie across
  const auto end = text.find("\r\n\r\n", from);
  const std::string_view seen = text.substr(0, end == std::string_view::npos ? end : end + 4);
  // Another program might take a bare line feed for a line end, and then read other headers than
  // we.
  for (auto at = seen.find('\n', from); at != std::string_view::npos;
       at = seen.find('\n', at + 1)) {
    if (at == 0 || seen[at - 1] != '\r') malformed("a line ends without carriage return");
  }
  if (from <= kMaxRequestLine && std::min(seen.find("\r\n"), seen.size()) > kMaxRequestLine) {
    throw HttpError(
        414, "the request line is longer than " + std::to_string(kMaxRequestLine) + " bytes",
        "Shorten the address, or send the data in the body.", "request.target_too_long");
  }
  if (start + seen.size() > maxSize) {
    throw HttpError(431, "the headers are larger than " + std::to_string(maxSize) + " bytes",
                    "Send fewer or smaller headers.", "request.headers_too_large");
  }
  if (end == std::string_view::npos) return std::nullopt;
  return start + end + 4;
}

Head parseHead(std::string_view bytes) {
  bytes.remove_prefix(skipLeadingEmptyLines(bytes));
  Head head;
  parseRequestLine(takeLine(bytes), head);
  for (std::string_view line = takeLine(bytes); !line.empty(); line = takeLine(bytes)) {
    if (head.fields.size() == kMaxFields) {
      throw HttpError(431, "there are more than 100 headers", "Send fewer headers.",
                      "request.headers_too_large");
    }
    parseField(line, head);
  }
  if (!single(head, "host") && head.minorVersion >= 1) malformed("there is no Host header");
  readBodyLength(head);
  readConnection(head);
  readExpectation(head);
  return head;
}

std::optional<std::string> percentDecode(std::string_view text, bool plusIsBlank) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plusIsBlank) c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = digit(text[i + 1]), low = digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out += c;
  }
  if (!text::isUtf8(out)) return std::nullopt;
  return out;
}

}  // namespace clipcourier::http
