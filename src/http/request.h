#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/actor.h"
#include "base/id.h"
#include "http/body.h"
#include "http/head.h"
#include "http/paging.h"
#include "users/idempotency_key_repository.h"
#include "users/scope.h"

namespace clipcourier::http {

struct Reply;
struct Route;

// What a handler gets. Every getter checks what it returns and throws Error(invalidInput) with a
// hint when it is missing or malformed, so a handler needs no checks of its own. Lives as long as
// the handler runs; one thread.
class Request {
 public:
  Request(const Head& head, const Route& route,
          std::map<std::string, std::string, std::less<>> path, Body& body, Actor actor,
          users::Scopes scopes);

  Method method() const { return head_.method; }
  const Target& target() const { return head_.target; }
  const Address& client() const { return head_.client; }  // through proxies that are trusted
  // The id in the path; Error(notFound) when it is no positive number.
  template <class IdType>
  IdType id(std::string_view name = "id") const {
    return IdType{pathNumber(name)};
  }
  std::int64_t pathNumber(std::string_view name) const;
  const std::string& pathText(std::string_view name) const;  // decoded, not empty

  // Query parameters. Only those the route lists exist; each at most once.
  std::optional<std::string> query(std::string_view name) const;
  std::optional<std::int64_t> queryNumber(std::string_view name, std::int64_t min,
                                          std::int64_t max) const;
  std::optional<std::string> queryOneOf(std::string_view name,
                                        std::initializer_list<std::string_view> allowed) const;
  bool queryFlag(std::string_view name) const;  // "true" or "false"; false when not given
  // ?limit=&cursor= of a list; the route lists both.
  PageRequest page(int defaultLimit = 50, int maxLimit = 200) const;

  std::optional<std::string_view> header(std::string_view lowerCaseName) const {
    return head_.field(lowerCaseName);
  }
  // Media type of the body without its parameters, lower case; "" when none was sent.
  std::string contentType() const;
  std::optional<std::string> idempotencyKey() const;  // 1 to 200 visible ASCII characters
  // Revision of If-Match: "7". Error(internal) unless the route says that it is read, or required.
  std::optional<std::int64_t> ifMatch() const;
  std::int64_t requireIfMatch() const;  // HttpError 428 without the header

  // Who calls: kind "token" on routes with a scope, with the request's id.
  const Actor& actor() const { return actor_; }
  const users::Scopes& scopes() const { return scopes_; }
  const std::string& requestId() const { return actor_.requestId; }
  const Route& route() const { return route_; }

  // For routes marked `once`: the answer that a repetition shall get. Called inside the transaction
  // that makes the effect, so that both are durable together; the last call counts.
  void keepAnswer(const Reply& reply);
  const std::optional<users::KeptAnswer>& keptAnswer() const { return keptAnswer_; }
  // What tells this body from others. A handler that streams the body sets it, as the SHA-256 of
  // what counts, before its first write.
  void setBodyHash(std::string sha256) { bodyHash_ = std::move(sha256); }
  const std::string& bodyHash() const { return bodyHash_; }

  const std::string& bodyText();  // all of it, within the route's maxBody
  // The body as JSON: UTF-8, no duplicate names, at most 32 levels, within the route's maxBody.
  nlohmann::json json();
  // The body as it arrives; it is a ByteSource.
  Body& body() { return body_; }

 private:
  const Head& head_;
  const Route& route_;
  std::map<std::string, std::string, std::less<>> path_;
  Body& body_;
  Actor actor_;
  users::Scopes scopes_;
  std::optional<std::string> bodyText_;
  std::string bodyHash_;
  std::optional<users::KeptAnswer> keptAnswer_;
};

}  // namespace clipcourier::http
