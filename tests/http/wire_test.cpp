// What arrives on the wire: malformed, cut off, slow, pipelined and hostile requests.
#include <future>
#include <memory>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

// Counts the bytes of the body, in pieces as an upload would.
Reply countBytes(Request& request) {
  std::uint64_t total = 0;
  char buffer[10'000];
  while (const std::size_t count = request.body().read(buffer, sizeof buffer)) total += count;
  return ok(json(total));
}

std::vector<Route> routes() {
  return {
      {Method::get, "/hello", kOpen, [](Request&) { return bytes("hello", "text/plain"); }},
      {Method::post,
       "/count",
       kOpen,
       countBytes,
       {.takes = Takes::body, .maxBody = ByteSize{5'000'000}}},
      {Method::post,
       "/ignore",
       kOpen,
       [](Request&) { return noContent(); },
       {.takes = Takes::body, .maxBody = ByteSize{50'000'000}}},
      {Method::get, "/stream", kOpen,
       [](Request&) {
         return stream("text/plain", [](StreamWriter& out) {
           for (int i = 0; i < 3; ++i) out.write("part" + std::to_string(i) + ' ');
         });
       }},
      {Method::get, "/broken-stream", kOpen,
       [](Request&) {
         return stream("text/plain", [](StreamWriter& out) {
           out.write("begun");
           throw Error(ErrorKind::unavailable, "the source ended");
         });
       }},
      {Method::get, "/inject", kOpen,
       [](Request&) { return noContent().with("X-Name", "a\r\nX-Evil: 1"); }},
  };
}

std::string code(const RawReply& reply) { return json::parse(reply.body)["code"]; }

const std::string kPost = "POST /count HTTP/1.1\r\nHost: x\r\n";

}  // namespace

TEST_CASE("requests two programs could read differently are refused", "[http]") {
  TestServer server(routes());
  struct Case {
    std::string bytes;
    int status;
  };
  const std::vector<Case> cases = {
      {kPost + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400},
      {kPost + "Content-Length: 2, 2\r\n\r\nab", 400},
      {kPost + "Content-Length: +2\r\n\r\nab", 400},
      {kPost + "Content-Length: -1\r\n\r\n", 400},
      {kPost + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {kPost + "Content-Length:\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {kPost + "Transfer-Encoding : chunked\r\n\r\n", 400},
      {"POST /count HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\nHost: a\n\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n", 400},
      {"GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /hel lo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /../hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"GET /hello\r\n\r\n", 400},
      {"BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"\x16\x03\x01\x02\x01 tls hello\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417},
      {"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET /" + std::string(30'000, 'a'), 414},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
      {"GET /hello HTTP/1.1\r\nHost: a\r\n" +
           [] {
             std::string many;
             for (int i = 0; i < 200; ++i) many += "X: y\r\n";
             return many;
           }() +
           "\r\n",
       431},
      {kPost + "\r\n", 411},
      {kPost + "Content-Length: 5000001\r\n\r\n", 413},
  };
  for (const Case& c : cases) {
    INFO(c.bytes.substr(0, 100));
    RawClient client(server.api());
    client.send(c.bytes);
    const RawReply reply = client.reply();
    CHECK(reply.status == c.status);
    CHECK(reply.header("content-type") == "application/problem+json");
    CHECK_FALSE(json::parse(reply.body)["detail"].get<std::string>().empty());
    CHECK(reply.header("connection") == "close");
    client.endSending();
    CHECK(client.closedByServer());
  }
}

TEST_CASE("what a cautious client may send is accepted", "[http]") {
  TestServer server(routes());
  for (const std::string& bytes :
       {std::string("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string("\r\nGET /hello HTTP/1.1\r\nhost:a\r\n\r\n"),
        std::string("GET http://example.org/hello HTTP/1.1\r\nHost: example.org\r\n\r\n"),
        std::string("GET /hello HTTP/1.1\r\nHost: \t a \t\r\nX:\r\n\r\n"),
        std::string("GET /h%65llo HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string("GET /hello HTTP/1.0\r\n\r\n")}) {
    INFO(bytes);
    CHECK(call(server.api(), bytes).body == "hello");
  }
}

TEST_CASE("a body that ends early is never taken for a whole one", "[http]") {
  TestServer server(routes());
  for (const std::string& cut :
       {kPost + "Content-Length: 10\r\n\r\n12345", kPost + "Content-Length: 10\r\n\r\n",
        kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\n123",
        kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n",
        kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\nX: y\r\n",
        kPost + "Transfer-Encoding: chunked\r\n\r\n"}) {
    INFO(cut);
    RawClient client(server.api());
    client.send(cut);
    client.endSending();
    const RawReply reply = client.reply();
    CHECK(reply.status == 400);
    CHECK(code(reply) == "request.truncated");
  }
}

TEST_CASE("chunked bodies are joined, with extensions and trailers", "[http]") {
  TestServer server(routes());
  const std::string big(100'000, 'x');
  RawClient client(server.api());
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n5;name=value\r\n12345\r\n186A0\r\n" + big +
              "\r\n0\r\nX-Sum: 1\r\n\r\n");
  CHECK(client.reply().body == "100005");
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.reply().body == "hello");
}

TEST_CASE("malformed chunks are refused", "[http]") {
  TestServer server(routes());
  for (const std::string& chunks :
       {std::string("x\r\n"), std::string("\r\n"), std::string("-5\r\n"),
        std::string("0x5\r\n12345\r\n"), std::string("5\n12345\r\n0\r\n\r\n"),
        std::string("5\r\n1234567\r\n0\r\n\r\n"), std::string("ffffffffffffffff\r\n"),
        "5;" + std::string(5'000, 'e') + "\r\n",
        "0\r\n" + std::string(20, 'T') + ": " + std::string(900, 'v') + "\r\n" + [] {
          std::string many;
          for (int i = 0; i < 20; ++i) many += "T: " + std::string(900, 'v') + "\r\n";
          return many;
        }()}) {
    INFO(chunks.substr(0, 40));
    RawClient client(server.api());
    client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    CHECK(code(client.reply()) == "request.bad_chunk");
  }
}

TEST_CASE("a chunked body has the route's limit too", "[http]") {
  TestServer server(routes());
  RawClient client(server.api());
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "f4240\r\n" + std::string(1'000'000, 'x') + "\r\n";
  for (int i = 0; i < 6; ++i) client.send(chunk);
  CHECK(client.reply().status == 413);
}

TEST_CASE("100 Continue comes when the body is wanted and not before", "[http]") {
  TestServer server(routes());
  RawClient wanted(server.api());
  wanted.send(kPost + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(wanted.reply(true).status == 100);
  wanted.send("abc");
  CHECK(wanted.reply().body == "3");
  RawClient refused(server.api());
  refused.send(kPost + "Content-Length: 9000000\r\nExpect: 100-continue\r\n\r\n");
  CHECK(refused.reply().status == 413);
}

TEST_CASE("requests sent ahead are answered in order", "[http]") {
  TestServer server(routes());
  RawClient client(server.api());
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + kPost +
              "Content-Length: 4\r\n\r\nabcdHEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n"
              "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.reply().body == "hello");
  CHECK(client.reply().body == "4");
  const RawReply head = client.reply(true);
  CHECK(head.header("content-length") == "5");
  CHECK(client.reply().status == 404);
  CHECK(client.closedByServer());
}

TEST_CASE("an answer to an unread upload arrives, and the connection closes", "[http]") {
  TestServer server(routes());
  RawClient client(server.api());
  client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" +
              std::string(2'000'000, 'x'));
  const RawReply reply = client.reply();
  CHECK(reply.status == 204);
  CHECK(reply.header("connection") == "close");
}

TEST_CASE("a small body nobody read does not spoil the next request", "[http]") {
  TestServer server(routes());
  RawClient client(server.api());
  client.send(
      "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /GET /hello "
      "HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  CHECK(client.reply().status == 204);
  CHECK(client.reply().body == "hello");
}

TEST_CASE("many clients that are slow with their heads block nobody", "[http]") {
  TestServer server(routes(), {.threads = 1, .headTimeout = Millis(60'000)});
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawClient>(server.api()));
    slow.back()->send("GET /hello HT");
  }
  CHECK(call(server.api(), request("GET", "/hello")).body == "hello");
  slow.front()->send("TP/1.1\r\nHost: a\r\n\r\n");
  CHECK(slow.front()->reply().body == "hello");
}

TEST_CASE("many callers that are slow with small bodies block nobody", "[http]") {
  TestServer server(routes(), {.threads = 1});
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(std::make_unique<RawClient>(server.api()));
    slow.back()->send(kPost + "Content-Length: 10\r\n\r\n12345");
  }
  CHECK(call(server.api(), request("GET", "/hello")).body == "hello");
  slow.front()->send("67890");
  CHECK(slow.front()->reply().body == "10");
}

TEST_CASE("callers nobody knows can hold half of the threads at most", "[http]") {
  TestServer server(routes(), {.threads = 4});
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<RawClient>(server.api()));
    slow.back()->send(kPost + "Transfer-Encoding: chunked\r\n\r\n");
  }
  CHECK(call(server.api(), request("GET", "/hello")).body == "hello");
  int refused = 0;
  for (auto& client : slow) client->send("3\r\nabc\r\n0\r\n\r\n");
  for (auto& client : slow) refused += client->reply().status == 503;
  CHECK(refused >= 1);
}

TEST_CASE("a head that does not come in time is answered with 408", "[http]") {
  TestServer server(routes(), {.threads = 1, .headTimeout = Millis(100)});
  RawClient client(server.api());
  client.send("GET /hello HT");
  CHECK(client.reply().status == 408);
}

TEST_CASE("a body that stops coming is answered with 408", "[http]") {
  TestServer server(routes(), {.threads = 1, .transferTimeout = Millis(100)});
  RawClient client(server.api());
  client.send(kPost + "Content-Length: 10\r\n\r\n123");
  CHECK(client.reply().status == 408);
}

TEST_CASE("an idle connection is closed without a word", "[http]") {
  TestServer server(routes(), {.threads = 1, .idleTimeout = Millis(100)});
  RawClient client(server.api());
  client.send(request("GET", "/hello"));
  CHECK(client.reply().status == 200);
  CHECK(client.closedByServer());
}

TEST_CASE("an idle connection makes room for a new one", "[http]") {
  TestServer server(routes(), {.threads = 1, .maxConnections = 1});
  RawClient idle(server.api());
  idle.send(request("GET", "/hello"));
  CHECK(idle.reply().status == 200);
  // It may take a moment until the connection counts as idle.
  int status = 503;
  for (int tries = 0; tries < 1'000 && status == 503; ++tries) {
    status = call(server.api(), request("GET", "/hello")).status;
  }
  CHECK(status == 200);
  CHECK(idle.closedByServer());
}

TEST_CASE("when all connections are busy, one more is refused", "[http]") {
  TestServer server(routes(), {.threads = 1, .maxConnections = 1});
  RawClient busy(server.api());
  busy.send(kPost + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(busy.reply(true).status == 100);
  const RawReply refused = RawClient(server.api()).reply();
  CHECK(refused.status == 503);
  CHECK(code(refused) == "busy");
  busy.send("abc");
  CHECK(busy.reply().body == "3");
}

TEST_CASE("a streamed answer comes in chunks, or to the end of the connection", "[http]") {
  TestServer server(routes());
  CHECK(call(server.api(), request("GET", "/stream")).body == "part0 part1 part2 ");
  RawClient old(server.api());
  old.send("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(old.rest().ends_with("\r\n\r\npart0 part1 part2 "));
  RawClient broken(server.api());
  broken.send(request("GET", "/broken-stream"));
  const std::string all = broken.rest();
  CHECK(all.find("begun") != std::string::npos);
  CHECK_FALSE(all.ends_with("0\r\n\r\n"));  // so the caller knows that it is not all
}

TEST_CASE("a header value cannot begin another header", "[http]") {
  TestServer server(routes());
  const RawReply reply = call(server.api(), request("GET", "/inject"));
  CHECK(reply.header("x-evil").empty());
  CHECK(reply.header("x-name") == "aX-Evil: 1");
}

TEST_CASE("a second server on the same port fails and names the address", "[http]") {
  TestServer first(routes());
  ListenerSettings taken{.port = first.api()};
  try {
    TestServer second(routes(), taken);
    FAIL("both listen");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find(std::to_string(first.api())) != std::string::npos);
  }
}

TEST_CASE("stopping lets the request in flight finish and takes no new one", "[http]") {
  std::promise<void> entered, go;
  std::shared_future<void> released = go.get_future().share();
  std::vector<Route> slow = {{Method::get, "/slow", kOpen, [&](Request&) {
                                entered.set_value();
                                released.wait_for(std::chrono::seconds(10));
                                return bytes("done", "text/plain");
                              }}};
  TestServer server(slow);
  const int port = server.api();
  RawClient client(port);
  client.send(request("GET", "/slow"));
  entered.get_future().wait();
  std::thread stopper([&] { server.server().stop(); });
  RawClient idle(port);
  CHECK(idle.closedByServer());
  go.set_value();
  const RawReply reply = client.reply();
  CHECK(reply.body == "done");
  CHECK(reply.header("connection") == "close");
  stopper.join();
  CHECK_THROWS(RawClient(port));
}

TEST_CASE("stopping cuts a request that does not finish", "[http]") {
  TestServer server(routes(), {.threads = 1}, {}, Millis(200));
  RawClient client(server.api());
  client.send(kPost + "Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.reply(true).status == 100);  // the handler waits for the body now
  const auto began = std::chrono::steady_clock::now();
  server.server().stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}
