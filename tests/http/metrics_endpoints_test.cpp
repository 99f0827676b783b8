#include "http/metrics_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/openapi.h"
#include "http/operator_tokens.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

struct World {
  explicit World(const std::string& allowed)
      : endpoints([] { return "m 1\n"; }, tokens, *Networks::parse(allowed)) {
    server.start();
  }
  int status(const std::vector<std::string>& headers = {}) {
    return call(server.port(Port::api), request("GET", "/metrics", "", headers)).status;
  }
  OperatorTokens tokens;
  MetricsEndpoints endpoints;
  std::mutex mutex;
  std::vector<std::string> seen;
  Server server{ServerSettings{},
                {.api = endpoints.routes(), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {},
                [this](const RequestSample& sample) {
                  const std::lock_guard lock(mutex);
                  seen.push_back(std::string(sample.listener) + ' ' + std::string(sample.route) +
                                 ' ' + std::to_string(sample.status));
                }};
};

}  // namespace

TEST_CASE("metrics are open to allowed networks, not to who comes through a proxy", "[metrics]") {
  World world("10.0.0.0/8, 127.0.0.0/8");
  CHECK(world.status() == 200);
  CHECK(world.status({"X-Forwarded-For: 203.0.113.9"}) == 401);
  CHECK(world.status({"Forwarded: for=203.0.113.9"}) == 401);
  CHECK(world.status({"X-Forwarded-For: 203.0.113.9", "Authorization: Bearer operator"}) == 200);
  const RawReply reply = call(world.server.port(Port::api), request("GET", "/metrics"));
  CHECK(reply.body == "m 1\n");
  CHECK(reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("metrics ask others for a token of operations", "[metrics]") {
  World world("10.0.0.0/8");
  CHECK(world.status() == 401);
  CHECK(world.status({"Authorization: Bearer viewer"}) == 403);
  CHECK(world.status({"Authorization: Bearer operator"}) == 200);
  CHECK(World("").status() == 401);
}

TEST_CASE("requests are observed by listener and pattern", "[metrics]") {
  World world("127.0.0.1");
  world.status();
  call(world.server.port(Port::api), request("GET", "/secret/4711"));
  world.server.stop();
  const std::lock_guard lock(world.mutex);
  CHECK(world.seen == std::vector<std::string>{"api /metrics 200", "api - 404"});
}

TEST_CASE("the description of metrics fits their route", "[metrics]") {
  World world("");
  json document = openApiDocument(), paths = json::object();
  for (const auto& route : world.endpoints.routes())
    paths[route.path] = document["paths"][route.path];
  document["paths"] = paths;
  CHECK(openApiMismatches(world.endpoints.routes(), document) == std::vector<std::string>{});
}
