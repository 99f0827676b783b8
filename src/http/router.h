#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.h"
#include "users/authenticator.h"

namespace clipcourier::http {

// Finds the route of a request, checks who calls and what they may, and runs the handler. Immutable
// after construction, so thread-safe as far as its handlers are.
class Router {
 public:
  // Borrows `authenticator`, which may be null when every route is open. Throws Error(internal)
  // when two routes answer the same requests or a pattern is malformed.
  explicit Router(std::vector<Route> routes, const users::Authenticator* authenticator = nullptr);

  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> path;
  };
  // A HEAD request finds the GET route. Throws Error(notFound), or HttpError 405 with Allow.
  Match find(const Head& head) const;
  bool has(const Head& head) const;  // a route of just this method
  // The methods of a path, for Allow; empty when there is no such path.
  std::string allowed(const Target& target) const;

  // Query, scope and body type are checked before the handler runs. Throws Error.
  Reply handle(const Match& match, const Head& head, Body& body, const std::string& requestId,
               Actor& actorForLog) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  bool matches(const Route& route, const Target& target, Match& match) const;
  users::Principal authorize(const Route& route, const Head& head) const;

  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> patterns_;  // routes_[i].path in segments
  const users::Authenticator* authenticator_;
};

}  // namespace clipcourier::http
