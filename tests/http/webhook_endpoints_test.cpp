#include "http/webhook_endpoints.h"

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "channels/whatsapp/whatsapp_channel.h"
#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "http/test_server.h"
#include "http/webhook_report.h"
#include "messages/webhook_unknowns.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

// Vectors computed elsewhere.
const std::string kPlain = R"({"object":"whatsapp_business_account","entry":[]})";
const std::string kPlainHex = "c84a394cc475525991e78ff16e430b02e47f953877d2af0ade26956ce6f384dc";
const std::string kEscaped =
    R"({"object":"whatsapp_business_account","entry":[{"id":"1","time":1,"changes":[]}],"n":"M\u00fcller"})";
const std::string kEscapedHex = "421397f9de7b2d81978a57dfbcb9b38e1924030e91f69365febb0bc1d9f756b6";

std::string signedWith(const std::string& secret, const std::string& body) {
  return "X-Hub-Signature-256: sha256=" + crypto::hex(crypto::hmacSha256(secret, body));
}

struct Nobody : users::Authenticator {
  std::optional<users::Principal> authenticate(std::string_view) const override {
    return std::nullopt;
  }
};

// The listener for webhooks, with two WhatsApp senders.
struct WebhookServer {
  explicit WebhookServer(db::Engine engine = db::Engine::sqlite) : database(engine) {
    http::Routes routes;
    routes.webhooks = endpoints.routes();
    ServerSettings settings;
    settings.webhooks.threads = 2;
    server.emplace(settings, std::move(routes), nobody, [](const std::string&) {});
    server->start();
  }
  WebhookSources sources() {
    return {{"whatsapp",
             {&whatsapp,
              [] {
                return std::vector{Secret("test-app-secret"), Secret("demo-app-secret")};
              },
              [] {
                return std::vector{Secret("first token"), Secret("second")};
              },
              [this] { ++wakes; }}}};
  }
  RawReply post(const std::string& body, const std::vector<std::string>& headers,
                const std::string& path = "/webhooks/whatsapp") {
    return call(server->port(Port::webhooks), request("POST", path, body, headers));
  }
  RawReply get(const std::string& target) {
    return call(server->port(Port::webhooks), request("GET", target));
  }
  std::vector<std::string> stored() {
    std::vector<std::string> bodies;
    database->read([&](db::Connection& c) {
      for (auto& [body] : c.query<std::string>("SELECT body FROM webhooks ORDER BY id"))
        bodies.push_back(body);
    });
    return bodies;
  }

  ManualClock clock;
  TestDatabase database;
  std::atomic<int> wakes = 0;
  channels::whatsapp::WhatsAppChannel whatsapp;
  Nobody nobody;
  WebhookEndpoints endpoints{sources(), *database, clock};
  std::optional<http::Server> server;
};

}  // namespace

TEST_CASE("what is not known is counted by name, page by page", "[http][webhooks]") {
  ManualClock clock;
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  const auto count = [&](const std::string& field) {
    clock.advance(Millis(1'000));
    messages::WebhookUnknowns unknowns("whatsapp");
    unknowns.add(field, "", "field");
    database->write([&](db::Transaction& tx) { unknowns.write(tx, clock.now()); });
  };
  for (const char* field : {"groups", "calls", "flows"}) count(field);
  TestServer server(webhookReportRoutes(*database));
  const auto page = [&](const std::string& query) {
    return json::parse(call(server.api(), request("GET", "/api/v1/webhooks/unknown" + query, "",
                                                  {TestServer::token()}))
                           .body);
  };
  CHECK(page("")["items"].size() == 3);
  CHECK(page("")["next_cursor"].is_null());
  const json first = page("?limit=2");
  REQUIRE(first["items"].size() == 2);
  CHECK(first["items"][0]["field"] == "calls");
  CHECK(first["items"][1]["field"] == "flows");
  count("groups");
  const json rest = page("?limit=2&cursor=" + first["next_cursor"].get<std::string>());
  REQUIRE(rest["items"].size() == 1);
  CHECK(rest["items"][0]["field"] == "groups");
  CHECK(rest["items"][0]["count"] == 2);
  CHECK(rest["items"][0]["last_at"] == toIso(clock.now()));
}

TEST_CASE("a signed webhook is stored byte for byte before it is answered", "[http][webhooks]") {
  WebhookServer server(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  CHECK(server.post(kPlain, {"X-Hub-Signature-256: sha256=" + kPlainHex}).status == 200);
  CHECK(server.stored() == std::vector{kPlain});
  CHECK(server.wakes == 1);
  // The other sender's secret counts as well; escapes stay as they were signed.
  CHECK(server.post(kEscaped, {"X-Hub-Signature-256: sha256=" + kEscapedHex}).status == 200);
  CHECK(server.stored() == std::vector{kPlain, kEscaped});
}

TEST_CASE("what is not signed by a known secret is refused and not stored", "[http][webhooks]") {
  WebhookServer server;
  const std::string right = "X-Hub-Signature-256: sha256=" + kPlainHex;
  std::vector<RawReply> refused = {
      server.post(kPlain, {}),
      server.post(kPlain, {"X-Hub-Signature-256: "}),
      server.post(kPlain, {"X-Hub-Signature-256: " + kPlainHex}),
      server.post(kPlain, {"X-Hub-Signature-256: sha256=" + kPlainHex.substr(2)}),
      server.post(kPlain, {"X-Hub-Signature: sha1=" + kPlainHex}),
      server.post(kPlain + "\n", {right}),
      server.post(kPlain, {signedWith("another secret", kPlain)}),
      server.post(kPlain, {signedWith("", kPlain)}),
      server.post("", {right}),
  };
  for (const RawReply& reply : refused) {
    CHECK(reply.status == 403);
    const json problem = json::parse(reply.body);
    CHECK(problem["code"] == "webhook.not_verified");
    // Missing and wrong look alike.
    CHECK(problem["title"] == json::parse(refused.front().body)["title"]);
  }
  CHECK(server.stored().empty());
  CHECK(server.wakes == 0);
}

TEST_CASE("a webhook that is cut off, too large, or no text is not stored", "[http][webhooks]") {
  WebhookServer server;
  SECTION("cut off") {
    RawClient client(server.server->port(Port::webhooks));
    client.send("POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=" +
                kPlainHex + "\r\nContent-Length: 500\r\n\r\n" + kPlain);
    client.endSending();
    CHECK(client.reply().status == 400);
  }
  SECTION("more than three megabytes") {
    const std::string large(3'000'001, ' ');
    CHECK(server.post(large, {signedWith("test-app-secret", large)}).status == 413);
  }
  SECTION("signed, but no UTF-8") {
    const std::string broken = "{\"n\":\"\xff\"}";
    CHECK(server.post(broken, {signedWith("test-app-secret", broken)}).status == 400);
  }
  CHECK(server.stored().empty());
}

TEST_CASE("a webhook of three megabytes is taken", "[http][webhooks]") {
  WebhookServer server;
  const std::string large = kPlain + std::string(3'000'000 - kPlain.size(), ' ');
  CHECK(server.post(large, {signedWith("test-app-secret", large)}).status == 200);
  CHECK(server.stored() == std::vector{large});
}

TEST_CASE("a webhook that cannot be stored is asked for again", "[http][webhooks]") {
  WebhookServer server(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  server.database->write([](db::Transaction& tx) { tx.run("DROP TABLE webhooks"); });
  const RawReply reply = server.post(kPlain, {signedWith("test-app-secret", kPlain)});
  CHECK(reply.status == 503);
  CHECK(reply.header("Retry-After") == "10");
  CHECK(reply.header("Content-Type") == "application/problem+json");
  CHECK(server.wakes == 0);
}

TEST_CASE("a channel we do not have has no webhook", "[http][webhooks]") {
  WebhookServer server;
  CHECK(server.post(kPlain, {signedWith("test-app-secret", kPlain)}, "/webhooks/pigeon").status ==
        404);
  CHECK(server.get("/webhooks/pigeon?hub.mode=subscribe&hub.verify_token=second&hub.challenge=1")
            .status == 404);
}

TEST_CASE("a verification is answered with the challenge when the token is a sender's",
          "[http][webhooks]") {
  WebhookServer server;
  const std::string path = "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444";
  const RawReply reply = server.get(path + "&hub.verify_token=first%20token&new=1");
  CHECK(reply.status == 200);
  CHECK(reply.body == "1158201444");
  CHECK(reply.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(server.get(path + "&hub.verify_token=second").status == 200);
  for (const char* token : {"", "&hub.verify_token=", "&hub.verify_token=guess"}) {
    const RawReply refused = server.get(path + token);
    CHECK(refused.status == 403);
    CHECK(refused.body.find("1158201444") == std::string::npos);
  }
  CHECK(server.get("/webhooks/whatsapp?hub.verify_token=second&hub.challenge=1").status == 403);
}

TEST_CASE("the webhooks are described", "[http][webhooks]") {
  WebhookServer server;
  json document = openApiDocument();
  const json path = document["paths"]["/webhooks/{channel}"];
  document["paths"] = {{"/webhooks/{channel}", path}};
  CHECK(openApiMismatches(server.endpoints.routes(), document) == std::vector<std::string>{});
}
