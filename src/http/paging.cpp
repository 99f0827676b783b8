#include "http/paging.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"
#include "http/reply.h"

namespace clipcourier::http {

std::int64_t PageRequest::afterId() const {
  if (!cursor) return 0;
  std::int64_t id = 0;
  const char* end = cursor->data() + cursor->size();
  const auto [stop, error] = std::from_chars(cursor->data(), end, id);
  if (error != std::errc{} || stop != end || id < 0) {
    throw Error(
        ErrorKind::invalidInput, "this cursor is not from this list",
        "Take next_cursor of the page before, unchanged, or leave cursor out to start again.",
        "request.bad_cursor");
  }
  return id;
}

std::string encodeCursor(const std::string& position) { return crypto::base64url(position); }

std::optional<std::string> decodeCursor(const std::string& cursor) {
  auto position = crypto::unbase64url(cursor);
  if (!position || position->empty() || position->size() > 1'000 || !text::isUtf8(*position)) {
    return std::nullopt;
  }
  return position;
}

nlohmann::json pageJson(nlohmann::json items, const std::optional<std::string>& next) {
  if (items.is_null()) items = nlohmann::json::array();
  return {{"items", std::move(items)},
          {"next_cursor", next ? nlohmann::json(encodeCursor(*next)) : nlohmann::json()}};
}

Reply pageReply(nlohmann::json items, const std::optional<std::string>& next) {
  return ok(pageJson(std::move(items), next));
}

nlohmann::json pageJsonOfAll(const std::map<std::string, nlohmann::json>& byKey,
                             const PageRequest& page) {
  auto next = page.cursor ? byKey.upper_bound(*page.cursor) : byKey.begin();
  nlohmann::json items = nlohmann::json::array();
  std::optional<std::string> last;
  for (; next != byKey.end() && items.size() < static_cast<std::size_t>(page.limit); ++next) {
    items.push_back(next->second);
    last = next->first;
  }
  return pageJson(std::move(items), next == byKey.end() ? std::nullopt : last);
}

Reply pageOfAll(const std::map<std::string, nlohmann::json>& byKey, const PageRequest& page) {
  return ok(pageJsonOfAll(byKey, page));
}

}  // namespace clipcourier::http
