#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "http/route.h"

namespace clipcourier::http {

// The OpenAPI 3.1 document: openapi/base.json with `paths` and `components` of every other file in
// openapi/ merged in. Throws Error(internal) when two files describe the same thing.
nlohmann::json openApiDocument();

// GET /api/openapi.json, open: it says how to ask, not what is there.
std::vector<Route> openApiRoutes();

// Where routes and document differ, one sentence each; empty when every route is described and
// every description has its route: method, path and its parameters, scope (`x-scope`), query
// parameters, Idempotency-Key, If-Match and whether it is required, request body, an answer that
// succeeds and `default` or 4xx answers as problem+json.
std::vector<std::string> openApiMismatches(const std::vector<Route>& routes,
                                           const nlohmann::json& document);

}  // namespace clipcourier::http
