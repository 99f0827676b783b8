#include "http/file_reply.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "http/http_error.h"
#include "http/request.h"

namespace clipcourier::http {
namespace {

struct Span {
  std::uint64_t first = 0, size = 0;
};
struct Unsatisfiable {};
using Wanted = std::variant<std::monostate, Span, Unsatisfiable>;  // monostate: everything

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range && end == text.data() + text.size())
    return UINT64_MAX;
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "bytes=0-99", "bytes=100-", "bytes=-100". What is malformed is ignored, as the RFC wants.
Wanted parseRange(std::string_view header, std::uint64_t size) {
  if (text::lower(header.substr(0, 6)) != "bytes=") return {};
  const std::string range = text::trim(header.substr(6));
  const auto dash = range.find('-');
  if (dash == std::string::npos || range.find(',') != std::string::npos) return {};
  const std::string_view from = std::string_view(range).substr(0, dash);
  const std::string_view to = std::string_view(range).substr(dash + 1);
  const auto last = number(to);
  if (!to.empty() && !last) return {};
  if (from.empty()) {
    if (!last) return {};
    if (*last == 0 || size == 0) return Unsatisfiable{};
    const std::uint64_t count = std::min(*last, size);
    return Span{size - count, count};
  }
  const auto first = number(from);
  if (!first || (last && *last < *first)) return {};
  if (*first >= size) return Unsatisfiable{};
  return Span{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

std::string quoted(const std::string& etag) { return '"' + etag + '"'; }

bool noneMatchHas(std::string_view header, const std::string& etag) {
  for (std::string tag : text::split(header, ',')) {
    tag = text::trim(tag);
    if (tag.starts_with("W/")) tag.erase(0, 2);
    if (tag == "*" || tag == quoted(etag)) return true;
  }
  return false;
}

Wanted wanted(const Request& request, const FileToServe& file) {
  const auto range = request.header("range");
  if (!range || request.method() != Method::get) return {};
  const auto condition = request.header("if-range");
  // A date never agrees: nothing here has one. Then the whole file is the right answer.
  if (condition && *condition != quoted(file.etag)) return {};
  return parseRange(*range, file.size);
}

}  // namespace

Reply fileReply(const Request& request, FileToServe file) {
  Reply reply;
  reply.set("ETag", quoted(file.etag));
  reply.set("Cache-Control", file.cacheControl);
  reply.set("Accept-Ranges", "bytes");
  if (const auto known = request.header("if-none-match");
      known && noneMatchHas(*known, file.etag)) {
    reply.status = 304;
    return reply;
  }
  reply.set("Content-Type", file.contentType);
  const Wanted part = wanted(request, file);
  if (std::holds_alternative<Unsatisfiable>(part)) {
    throw HttpError(416, "this range is outside of the file",
                    "The file has " + std::to_string(file.size) + " bytes.", "request.range",
                    {{"Content-Range", "bytes */" + std::to_string(file.size)}});
  }
  Span span{0, file.size};
  if (const auto* range = std::get_if<Span>(&part)) {
    span = *range;
    reply.status = 206;
    reply.set("Content-Range", "bytes " + std::to_string(span.first) + '-' +
                                   std::to_string(span.first + span.size - 1) + '/' +
                                   std::to_string(file.size));
  }
  reply.body = FileBody{std::move(file.file), span.first, span.size};
  return reply;
}

}  // namespace clipcourier::http
