#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/error.h"
#include "http/head.h"
#include "http/reply.h"
#include "http/request.h"
#include "users/scope.h"

namespace clipcourier::http {

using Handler = std::function<Reply(Request&)>;
using users::Scope;

// Instead of a scope: anybody may call, no token is looked at.
inline constexpr std::nullopt_t kOpen = std::nullopt;

enum class Takes {
  nothing,  // a body is refused
  json,     // application/json or 415
  body,     // the handler looks at contentType() and reads body()
};

// Whether a request must name the version of what it changes.
enum class IfMatch {
  ignored,
  optional,  // when it is sent, it must be right
  required,  // 428 without it
};

struct RouteOptions {
  std::vector<std::string> query = {};  // the query parameters there are; others are refused
  std::optional<Takes> takes = {};      // by default json for POST, PUT, PATCH, else nothing
  ByteSize maxBody{1'000'000};          // 413 above
  std::vector<Scope> orScopes = {};     // any of these will do as well as the route's scope
  bool once = false;                    // minds Idempotency-Key: see idempotency.h
  bool anyQuery = false;                // public pages: links grow foreign parameters
  IfMatch ifMatch = IfMatch::ignored;   // its handler may read it only when this says so
};

// One line of the API: what is called, who may, and what answers.
struct Route {
  Method method;
  std::string path;  // "/api/v1/videos/{id}": a name in braces stands for one segment
  std::optional<Scope> scope;
  Handler handler;
  RouteOptions options = {};

  Takes takes() const;
};

}  // namespace clipcourier::http
