#include "http/openapi.h"

#include <nlohmann/json.hpp>

#include "http/health.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

std::vector<Route> serviceRoutes() {
  auto routes = healthRoutes({{"database", [] {}}});
  for (Route& route : openApiRoutes()) routes.push_back(std::move(route));
  return routes;
}

// The document with only the paths of these routes.
json documentOf(const std::vector<Route>& routes) {
  json document = openApiDocument();
  json paths = json::object();
  for (const Route& route : routes)
    paths[route.path] = document["paths"].value(route.path, json::object());
  document["paths"] = paths;
  return document;
}

Reply nothing(Request&) { return noContent(); }

}  // namespace

TEST_CASE("the API describes itself", "[http]") {
  TestServer server(serviceRoutes());
  const RawReply reply = call(server.api(), request("GET", "/api/openapi.json"));
  CHECK(reply.status == 200);
  const json document = json::parse(reply.body);
  CHECK(document["openapi"] == "3.1.0");
  CHECK(document["paths"].contains("/healthz"));
  CHECK(document["components"]["schemas"].contains("Problem"));
}

TEST_CASE("routes and descriptions that agree have no mismatch", "[http]") {
  CHECK(openApiMismatches(serviceRoutes(), documentOf(serviceRoutes())) ==
        std::vector<std::string>{});
}

TEST_CASE("every difference between routes and description is found", "[http]") {
  const auto differs = [](const Route& route, const std::string& part) {
    const json document = {
        {"paths",
         {{"/a/{id}",
           {{"post",
             {{"summary", "s"},
              {"x-scope", "audit"},
              {"parameters", {{{"name", "id"}, {"in", "path"}}, {{"name", "q"}, {"in", "query"}}}},
              {"requestBody", json::object()},
              {"responses",
               {{"200", json::object()},
                {"default", {{"content", {{"application/problem+json", {}}}}}}}}}}}}}}};
    for (const std::string& mismatch : openApiMismatches({route}, document)) {
      if (mismatch.find(part) != std::string::npos) return true;
    }
    return part.empty() && openApiMismatches({route}, document).empty();
  };
  const RouteOptions query{.query = {"q"}};
  CHECK(differs({Method::post, "/a/{id}", Scope::audit, nothing, query}, ""));
  CHECK(differs({Method::post, "/a/{id}", Scope::tokens, nothing, query}, "x-scope"));
  CHECK(differs({Method::post, "/a/{id}", kOpen, nothing, query}, "x-scope"));
  CHECK(
      differs({Method::post, "/a/{id}", Scope::audit, nothing}, "query parameter there is not: q"));
  CHECK(differs({Method::post, "/a/{id}", Scope::audit, nothing, {.query = {"q", "r"}}},
                "lacks the query parameter r"));
  CHECK(differs(
      {Method::post, "/a/{id}", Scope::audit, nothing, {.query = {"q"}, .takes = Takes::nothing}},
      "requestBody"));
  CHECK(differs({Method::post, "/a/{id}", Scope::audit, nothing, {.query = {"q"}, .once = true}},
                "lacks Idempotency-Key"));
  CHECK(differs({Method::put, "/a/{id}", Scope::audit, nothing, query},
                "put /a/{id}: is not described"));
  CHECK(differs({Method::put, "/a/{id}", Scope::audit, nothing, query}, "there is no route"));
}

TEST_CASE("If-Match is described as the route minds it", "[http]") {
  const auto mismatches = [](IfMatch read, const json& described) {
    json operation = {{"summary", "s"},
                      {"x-scope", "audit"},
                      {"parameters", json::array()},
                      {"responses",
                       {{"204", json::object()},
                        {"default", {{"content", {{"application/problem+json", {}}}}}}}}};
    if (!described.is_null()) operation["parameters"].push_back(described);
    const json document = {{"paths", {{"/a", {{"delete", operation}}}}}};
    return openApiMismatches({{Method::del, "/a", Scope::audit, nothing, {.ifMatch = read}}},
                             document);
  };
  json optional = {{"name", "If-Match"}, {"in", "header"}}, required = optional;
  required["required"] = true;
  const std::vector<std::string> none;
  CHECK(mismatches(IfMatch::ignored, nullptr) == none);
  CHECK(mismatches(IfMatch::optional, optional) == none);
  CHECK(mismatches(IfMatch::required, required) == none);
  CHECK(mismatches(IfMatch::required, nullptr) ==
        std::vector<std::string>{"DELETE /a: lacks If-Match"});
  CHECK(mismatches(IfMatch::ignored, optional).size() == 1);
  CHECK(mismatches(IfMatch::optional, required).size() == 1);
  CHECK(mismatches(IfMatch::required, optional).size() == 1);
}

TEST_CASE("not ready is 503 and names the check only", "[http]") {
  TestServer server(
      healthRoutes({{"media", [] {}}, {"database", [] { throw std::runtime_error("secret"); }}}));
  const RawReply reply = call(server.api(), request("GET", "/readyz"));
  CHECK(reply.status == 503);
  CHECK(json::parse(reply.body)["checks"] == json{{"media", "ok"}, {"database", "failed"}});
  CHECK(call(server.api(), request("GET", "/healthz")).status == 200);
}
