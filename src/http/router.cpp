#include "http/router.h"

#include <algorithm>

#include "base/text.h"
#include "http/authorize.h"
#include "http/http_error.h"

namespace clipcourier::http {
namespace {

bool isName(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void checkQuery(const Route& route, const Head& head) {
  std::vector<std::string> seen;
  for (const auto& [name, value] : head.target.query) {
    if (!listed(route.options.query, name)) {
      if (route.options.anyQuery) continue;
      std::string known;
      for (const std::string& one : route.options.query) known += (known.empty() ? "" : ", ") + one;
      throw Error(ErrorKind::invalidInput,
                  "there is no query parameter \"" + text::truncate(name, 40) + "\" here",
                  known.empty() ? "This takes no query parameters." : "There are: " + known + '.',
                  "request.unknown_query");
    }
    if (listed(seen, name)) {
      throw Error(ErrorKind::invalidInput, "the query parameter " + name + " is given twice",
                  "Give it once.", "request.bad_query");
    }
    seen.push_back(name);
  }
}

bool hasBody(const Head& head) { return head.chunked || head.contentLength.value_or(0) > 0; }

void checkBody(const Route& route, const Head& head, const Request& request) {
  if (route.takes() == Takes::nothing) {
    if (!hasBody(head)) return;
    throw Error(ErrorKind::invalidInput, "this takes no body", "Send the request without a body.",
                "request.unexpected_body");
  }
  if (!head.chunked && !head.contentLength) {
    throw HttpError(411, "the body has no length", "Send Content-Length, or the body in chunks.",
                    "request.length_required");
  }
  if (head.contentLength.value_or(0) > route.options.maxBody.bytes) {
    throw Error(ErrorKind::tooLarge, "the body is larger than " + toString(route.options.maxBody),
                "Send at most " + std::to_string(route.options.maxBody.bytes) + " bytes.",
                "request.too_large");
  }
  if (route.takes() == Takes::json && request.contentType() != "application/json") {
    throw Error(ErrorKind::unsupported, "this takes JSON", "Send Content-Type: application/json.",
                "request.not_json");
  }
}

}  // namespace

Takes Route::takes() const {
  if (options.takes) return *options.takes;
  const bool writes = method == Method::post || method == Method::put || method == Method::patch;
  return writes ? Takes::json : Takes::nothing;
}

Router::Router(std::vector<Route> routes, const users::Authenticator* authenticator)
    : routes_(std::move(routes)), authenticator_(authenticator) {
  const auto shape = [](const Route& route) {  // what it answers, whatever its names are
    std::string answered(name(route.method));
    for (const std::string& segment : text::split(route.path, '/')) {
      answered += '/' + (isName(segment) ? "{}" : segment);
    }
    return answered;
  };
  std::vector<std::string> shapes;
  for (const Route& route : routes_) {
    if (!route.path.starts_with('/') || !route.handler) {
      throw Error(ErrorKind::internal, "route " + route.path + " has no path or no handler");
    }
    if (route.scope && !authenticator_) {
      throw Error(ErrorKind::internal,
                  "route " + route.path + " has a scope and nobody to check it");
    }
    shapes.push_back(shape(route));
    if (std::count(shapes.begin(), shapes.end(), shapes.back()) > 1) {
      throw Error(ErrorKind::internal, "two routes answer " + shapes.back());
    }
    patterns_.push_back(text::split(route.path.substr(1), '/'));
  }
}

bool Router::matches(const Route& route, const Target& target, Match& match) const {
  const auto& pattern = patterns_[static_cast<std::size_t>(&route - routes_.data())];
  if (pattern.size() != target.segments.size()) return false;
  std::map<std::string, std::string, std::less<>> path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string& value = target.segments[i];
    if (isName(pattern[i])) {
      if (value.empty()) return false;
      path[pattern[i].substr(1, pattern[i].size() - 2)] = value;
    } else if (pattern[i] != value) {
      return false;
    }
  }
  match = Match{&route, std::move(path)};
  return true;
}

Router::Match Router::find(const Head& head) const {
  Match best, match;
  for (Method wanted : {head.method, head.method == Method::head ? Method::get : head.method}) {
    for (const Route& route : routes_) {
      if (route.method != wanted || !matches(route, head.target, match)) continue;
      // "/videos/latest" goes before "/videos/{id}".
      if (!best.route || match.path.size() < best.path.size()) best = match;
    }
    if (best.route) return best;
  }
  const std::string allow = allowed(head.target);
  if (!allow.empty()) {
    throw HttpError(405, "this method is not possible here", "Use one of: " + allow + '.',
                    "request.method_not_allowed", {{"Allow", allow}});
  }
  throw Error(ErrorKind::notFound, "there is nothing at this address",
              "See /api/openapi.json for what there is.", "not_found");
}

bool Router::has(const Head& head) const {
  Match match;
  return std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
    return route.method == head.method && matches(route, head.target, match);
  });
}

std::string Router::allowed(const Target& target) const {
  std::vector<std::string> methods;
  const auto add = [&](std::string_view method) {
    if (!listed(methods, std::string(method))) methods.emplace_back(method);
  };
  Match match;
  for (const Route& route : routes_) {
    if (!matches(route, target, match)) continue;
    add(name(route.method));
    if (route.method == Method::get) add("HEAD");
  }
  if (!methods.empty()) add("OPTIONS");
  std::string list;
  for (const std::string& method : methods) list += (list.empty() ? "" : ", ") + method;
  return list;
}

users::Principal Router::authorize(const Route& route, const Head& head) const {
  if (!route.scope) return {Actor{"anonymous", "", ""}, {}};
  std::vector<Scope> scopes = route.options.orScopes;
  scopes.insert(scopes.begin(), *route.scope);
  return http::authorize(*authenticator_, head.field("authorization"), scopes);
}

Reply Router::handle(const Match& match, const Head& head, Body& body, const std::string& requestId,
                     Actor& actorForLog) const {
  users::Principal caller = authorize(*match.route, head);
  caller.actor.requestId = requestId;
  actorForLog = caller.actor;
  Request request(head, *match.route, match.path, body, caller.actor, caller.scopes);
  checkQuery(*match.route, head);
  checkBody(*match.route, head, request);
  return match.route->handler(request);
}

}  // namespace clipcourier::http
