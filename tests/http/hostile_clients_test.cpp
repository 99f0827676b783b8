// Clients that hold on to what they get: whoever else comes is answered all the same.
#include <sys/resource.h>

#include <atomic>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>

#include "http/raw_client.h"
#include "http/test_server.h"
#include "support/catch.h"
#include "support/wait_for.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

std::vector<Route> routes() {
  return {{Method::get, "/hello", kOpen, [](Request&) { return bytes("hello", "text/plain"); }},
          {Method::post,
           "/echo",
           kOpen,
           [](Request& r) { return bytes(r.body().readAll(ByteSize{100'000}), "text/plain"); },
           {.takes = Takes::body, .maxBody = ByteSize{100'000}}},
          {Method::get, "/big", kOpen,
           [](Request&) { return bytes(std::string(20'000'000, 'x'), "text/plain"); }}};
}

// Two descriptors for each connection, ours and the server's.
void allowFiles(rlim_t count) {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min(count, limit.rlim_max);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

using Clients = std::vector<std::unique_ptr<RawClient>>;

Clients connected(int port, int count, const std::string& from = "127.0.0.1") {
  Clients clients;
  for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<RawClient>(port, from));
  return clients;
}

bool isAnswered(int port) { return call(port, request("GET", "/hello")).body == "hello"; }

std::string code(const RawReply& reply) { return json::parse(reply.body)["code"]; }

Networks networks(const std::string& text) { return Networks::parse(text).value(); }

const std::string kHead = "GET /hello HTTP/1.1\r\nHost: a\r\nX-Filler: abcdefghij\r\n\r\n";

}  // namespace

TEST_CASE("five hundred idle connections cost no thread", "[http]") {
  allowFiles(2'000);
  TestServer server(routes(), {.threads = 2});
  Clients idle = connected(server.api(), 500);
  for (int i = 0; i < 5; ++i) CHECK(isAnswered(server.api()));
  idle.back()->send(kHead);
  CHECK(idle.back()->reply().body == "hello");  // and they are served when they speak
}

TEST_CASE("heads and bodies that come byte by byte are put together, and hold nobody up",
          "[http]") {
  TestServer server(routes(), {.threads = 2});
  Clients slow = connected(server.api(), 50);
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde";
  for (std::size_t at = 0; at < std::max(kHead.size(), post.size()); ++at) {
    for (std::size_t i = 0; i < slow.size(); ++i) {
      const std::string& bytes = i % 2 ? kHead : post;
      if (at < bytes.size()) slow[i]->send(bytes.substr(at, 1));
    }
    if (at % 20 == 0) CHECK(isAnswered(server.api()));
  }
  for (std::size_t i = 0; i < slow.size(); ++i)
    CHECK(slow[i]->reply().body == (i % 2 ? "hello" : "abcde"));
}

TEST_CASE("chunks that come byte by byte end in their body", "[http]") {
  TestServer server(routes(), {.threads = 2});
  RawClient client(server.api());
  const std::string bytes =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  for (const char c : bytes) client.send({&c, 1});
  CHECK(client.reply().body == "abcde");
  CHECK(isAnswered(server.api()));
}

TEST_CASE("who never ends a head gets 408, however many come", "[http]") {
  TestServer server(routes(), {.threads = 2, .headTimeout = Millis(300)});
  Clients slow = connected(server.api(), 100);
  for (auto& client : slow) client->send("GET /hello HTTP/1.1\r\nX: ");
  CHECK(isAnswered(server.api()));
  for (auto& client : slow) CHECK(client->reply().status == 408);
}

TEST_CASE("floods of headers are refused before they are whole", "[http]") {
  TestServer server(routes(), {.threads = 2});
  std::string many;
  while (many.size() < 20'000) many += "X-Flood: " + std::string(50, 'x') + "\r\n";
  Clients flooding = connected(server.api(), 30);
  for (auto& client : flooding) client->send("GET /hello HTTP/1.1\r\nHost: a\r\n" + many);
  CHECK(isAnswered(server.api()));
  for (auto& client : flooding) CHECK(client->reply().status == 431);
  // Empty lines before a request are no head either.
  RawClient empty(server.api());
  for (int i = 0; i < 1'000; ++i) empty.send("\r\n");
  CHECK(empty.reply().status == 400);
}

TEST_CASE("readers that take nothing of large answers hold no thread", "[http]") {
  TestServer server(routes(), {.threads = 2});
  Clients greedy = connected(server.api(), 6);
  for (auto& client : greedy) client->send(request("GET", "/big"));
  CHECK(isAnswered(server.api()));
  CHECK(greedy.back()->reply().body.size() == 20'000'000);
}

TEST_CASE("one address gets so many connections and no more, its neighbours are not touched",
          "[http]") {
  TestServer server(routes(), {.threads = 2, .maxPerAddress = 3});
  Clients busy = connected(server.api(), 3);
  for (auto& client : busy) {
    client->send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client->reply(true).status == 100);  // it is known to be no idle one
  }
  RawClient fourth(server.api());
  const RawReply refused = fourth.reply();
  CHECK(refused.status == 429);
  CHECK(code(refused) == "too_many_connections");
  CHECK(refused.header("retry-after") == "5");
  CHECK(refused.header("x-content-type-options") == "nosniff");
  RawClient neighbour(server.api(), "127.0.0.2");
  neighbour.send(kHead);
  CHECK(neighbour.reply().body == "hello");
  busy.front()->send("abc");
  CHECK(busy.front()->reply().body == "abc");
}

TEST_CASE("who has all its connections loses an idle one rather than the new one", "[http]") {
  TestServer server(routes(), {.threads = 2, .maxPerAddress = 3});
  Clients idle = connected(server.api(), 3);
  RawClient fourth(server.api());
  fourth.send(kHead);
  CHECK(fourth.reply().body == "hello");
  CHECK(idle.front()->closedByServer());
}

TEST_CASE("a closed connection gives its place back", "[http]") {
  TestServer server(routes(), {.threads = 2, .maxPerAddress = 2});
  for (int i = 0; i < 20; ++i) {
    RawClient client(server.api());
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(client.reply().status == 200);
    CHECK(client.closedByServer());
  }
}

TEST_CASE("a trusted proxy has no limit, but whom it speaks for has", "[http]") {
  std::promise<void> go;
  auto gone = go.get_future().share();
  std::atomic<int> arrived = 0;
  auto with = routes();
  with.push_back({Method::get, "/wait", kOpen, [&arrived, gone](Request&) {
                    ++arrived;
                    gone.wait();
                    return noContent();
                  }});
  TestServer server(with,
                    {.threads = 8, .maxPerAddress = 2, .trustedProxies = networks("127.0.0.1")});
  Clients proxied = connected(server.api(), 6);
  const auto from = [](const std::string& address) {
    return std::vector<std::string>{"X-Forwarded-For: " + address};
  };
  for (int i = 0; i < 2; ++i) proxied[i]->send(request("GET", "/wait", "", from("203.0.113.7")));
  REQUIRE(waitFor([&] { return arrived == 2; }));
  const RawReply third = call(server.api(), request("GET", "/hello", "", from("203.0.113.7")));
  CHECK(third.status == 429);
  CHECK(call(server.api(), request("GET", "/hello", "", from("203.0.113.8"))).status == 200);
  go.set_value();
  for (int i = 0; i < 2; ++i) CHECK(proxied[i]->reply().status == 204);
  // With the answers their places are free again.
  CHECK(waitFor([&] {
    return call(server.api(), request("GET", "/hello", "", from("203.0.113.7"))).status == 200;
  }));
}

TEST_CASE("logs hold no whole address of a client", "[http]") {
  TestServer server(routes(), {.threads = 2, .trustedProxies = networks("127.0.0.1")});
  const auto logged = [&](const std::string& id, const std::string& forwarded) {
    call(server.api(),
         request("GET", "/hello", "", {"X-Request-Id: " + id, "X-Forwarded-For: " + forwarded}));
    return json::parse(server.waitForLog(id))["client"].get<std::string>();
  };
  CHECK(logged("request-1", "203.0.113.77") == "203.0.113.0");
  CHECK(logged("request-2", "2001:db8:1:2:3:4:5:6") == "2001:db8:1::");
  CHECK(logged("request-3", "198.51.100.9, 203.0.113.77") == "203.0.113.0");
  CHECK(logged("request-4", "<script>alert(1)</script>") == "127.0.0.0");
  CHECK(logged("request-5", std::string(4'000, ',')) == "127.0.0.0");
}

TEST_CASE("every answer has its security headers, with HSTS only when it came by https", "[http]") {
  TestServer server(routes(), {.threads = 2, .trustedProxies = networks("127.0.0.1")});
  for (const char* path : {"/hello", "/nothing-here"}) {
    const RawReply reply = call(server.api(), request("GET", path));
    CHECK(reply.header("x-content-type-options") == "nosniff");
    CHECK(reply.header("referrer-policy") == "no-referrer");
    CHECK(reply.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'");
    CHECK(reply.header("x-frame-options") == "DENY");
    CHECK(reply.header("x-robots-tag") == "noindex, nofollow");
    CHECK(reply.header("cache-control") == "no-store");
    CHECK(reply.header("strict-transport-security").empty());
  }
  const auto proto = [&](const std::string& value) {
    return call(server.api(), request("GET", "/hello", "", {"X-Forwarded-Proto: " + value}))
        .header("strict-transport-security");
  };
  CHECK(proto("https") == "max-age=31536000");
  CHECK(proto("http").empty());
  CHECK(proto("https, http").empty());
  TestServer untrusting(routes());
  const RawReply direct =
      call(untrusting.api(), request("GET", "/hello", "", {"X-Forwarded-Proto: https"}));
  CHECK(direct.header("strict-transport-security").empty());
}
