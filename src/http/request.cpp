#include "http/request.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "http/http_error.h"
#include "http/route.h"

namespace clipcourier::http {
namespace {

constexpr int kMaxJsonDepth = 32;

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void badQuery(std::string_view name, const std::string& hint) {
  throw Error(ErrorKind::invalidInput, "the query parameter " + std::string(name) + " is not valid",
              hint, "request.bad_query");
}

[[noreturn]] void badJson(const std::string& what, const std::string& hint) {
  throw Error(ErrorKind::invalidInput, what, hint, "request.bad_json");
}

// Refuses what parsers read differently: names given twice, and nesting that exhausts a stack.
class StrictJson {
 public:
  bool operator()(int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      names_.emplace_back();
      if (names_.size() > kMaxJsonDepth) {
        badJson("the JSON is nested too deeply",
                "Nest at most " + std::to_string(kMaxJsonDepth) + " levels.");
      }
    } else if (event == Event::object_end || event == Event::array_end) {
      names_.pop_back();
    } else if (event == Event::key && !names_.back().insert(value.get<std::string>()).second) {
      badJson("the JSON has a name twice in one object", "Give each field once.");
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> names_;
};

}  // namespace

Request::Request(const Head& head, const Route& route,
                 std::map<std::string, std::string, std::less<>> path, Body& body, Actor actor,
                 users::Scopes scopes)
    : head_(head),
      route_(route),
      path_(std::move(path)),
      body_(body),
      actor_(std::move(actor)),
      scopes_(scopes) {}

const std::string& Request::pathText(std::string_view name) const {
  const auto found = path_.find(name);
  if (found == path_.end()) {
    throw Error(ErrorKind::internal,
                "route " + route_.path + " has no {" + std::string(name) + "}");
  }
  return found->second;
}

std::int64_t Request::pathNumber(std::string_view name) const {
  const auto value = number(pathText(name));
  if (!value || *value <= 0) {
    throw Error(ErrorKind::notFound, "there is no such thing: the id in the path is no number",
                "Ids are positive whole numbers, as the lists return them.", "not_found");
  }
  return *value;
}

std::optional<std::string> Request::query(std::string_view name) const {
  for (const auto& [key, value] : head_.target.query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Request::queryNumber(std::string_view name, std::int64_t min,
                                                 std::int64_t max) const {
  const auto text = query(name);
  if (!text) return std::nullopt;
  const auto value = number(*text);
  if (!value || *value < min || *value > max) {
    badQuery(name, "Give a whole number from " + std::to_string(min) + " to " +
                       std::to_string(max) + '.');
  }
  return value;
}

std::optional<std::string> Request::queryOneOf(
    std::string_view name, std::initializer_list<std::string_view> allowed) const {
  const auto text = query(name);
  if (!text) return std::nullopt;
  std::string list;
  for (std::string_view value : allowed) {
    if (*text == value) return text;
    list += (list.empty() ? "" : ", ") + std::string(value);
  }
  badQuery(name, "Give one of: " + list + '.');
}

bool Request::queryFlag(std::string_view name) const {
  return queryOneOf(name, {"true", "false"}).value_or("false") == "true";
}

PageRequest Request::page(int defaultLimit, int maxLimit) const {
  PageRequest page;
  page.limit = static_cast<int>(queryNumber("limit", 1, maxLimit).value_or(defaultLimit));
  if (const auto text = query("cursor")) {
    page.cursor = decodeCursor(*text);
    if (!page.cursor) badQuery("cursor", "Take next_cursor of the page before, unchanged.");
  }
  return page;
}

std::string Request::contentType() const {
  const auto value = header("content-type").value_or("");
  return text::lower(text::trim(value.substr(0, value.find(';'))));
}

std::optional<std::string> Request::idempotencyKey() const {
  const auto key = header("idempotency-key");
  if (!key) return std::nullopt;
  const bool visible =
      std::all_of(key->begin(), key->end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (key->empty() || key->size() > 200 || !visible) {
    throw Error(ErrorKind::invalidInput, "the Idempotency-Key is not valid",
                "Use 1 to 200 visible ASCII characters, for example a UUID.",
                "request.bad_idempotency_key");
  }
  return std::string(*key);
}

std::optional<std::int64_t> Request::ifMatch() const {
  if (route_.options.ifMatch == IfMatch::ignored)
    throw Error(ErrorKind::internal,
                "route " + route_.path + " does not say that it reads If-Match");
  const auto tag = header("if-match");
  if (!tag) return std::nullopt;
  const bool quoted = tag->size() > 2 && tag->front() == '"' && tag->back() == '"';
  const auto revision = quoted ? number(tag->substr(1, tag->size() - 2)) : std::nullopt;
  if (!revision) {
    throw Error(ErrorKind::invalidInput, "If-Match is not the ETag of a revision",
                "Send the ETag of the answer you edit, with its quotes.", "request.bad_if_match");
  }
  return revision;
}

std::int64_t Request::requireIfMatch() const {
  if (route_.options.ifMatch != IfMatch::required)
    throw Error(ErrorKind::internal,
                "route " + route_.path + " does not say that it needs If-Match");
  if (const auto revision = ifMatch()) return *revision;
  throw HttpError(428, "If-Match is missing",
                  "Send the ETag of what you saw as If-Match, so that you overwrite nobody.",
                  "request.if_match_missing");
}

void Request::keepAnswer(const Reply& reply) {
  if (const auto* body = std::get_if<std::string>(&reply.body))
    keptAnswer_ = users::KeptAnswer{reply.status, reply.headers, *body};
}

const std::string& Request::bodyText() {
  if (!bodyText_) bodyText_ = body_.readAll(route_.options.maxBody);
  return *bodyText_;
}

nlohmann::json Request::json() {
  const std::string& text = bodyText();
  if (text.empty()) badJson("the body is empty", "Send a JSON document.");
  if (!text::isUtf8(text)) badJson("the body is not UTF-8", "Encode the JSON as UTF-8.");
  try {
    return nlohmann::json::parse(text, StrictJson());
  } catch (const nlohmann::json::parse_error& e) {
    badJson("the body is not JSON",
            "It cannot be read from byte " + std::to_string(e.byte) + " on.");
  } catch (const nlohmann::json::exception&) {
    badJson("the body is not JSON we can read", "A number is out of range.");
  }
}

}  // namespace clipcourier::http
