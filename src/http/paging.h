#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace clipcourier::http {

struct Reply;

// Which part of a list is wanted. A cursor is what the page before returned; callers must not look
// inside, so its meaning can change.
struct PageRequest {
  int limit = 50;
  std::optional<std::string> cursor;  // decoded: what pageReply() was given

  // The cursor as the row id to continue after; 0 on the first page. Error(invalidInput) when it is
  // no id.
  std::int64_t afterId() const;
};

std::string encodeCursor(const std::string& position);
std::optional<std::string> decodeCursor(const std::string& cursor);

// {"items": [...], "next_cursor": "..." or null}. `next` is none on the last page; to know, ask the
// repository for limit + 1 rows.
nlohmann::json pageJson(nlohmann::json items, const std::optional<std::string>& next);
Reply pageReply(nlohmann::json items, const std::optional<std::string>& next);

// A page of a list that is there as a whole, in the order of its keys. The cursor is the last key
// seen, so what comes and goes between two pages moves nothing else.
nlohmann::json pageJsonOfAll(const std::map<std::string, nlohmann::json>& byKey,
                             const PageRequest& page);
Reply pageOfAll(const std::map<std::string, nlohmann::json>& byKey, const PageRequest& page);

}  // namespace clipcourier::http
