#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latch>

#include "net/http_engine.h"
#include "support/catch.h"
#include "support/http_responder.h"

using namespace clipcourier;
using namespace clipcourier::net;
using namespace std::chrono_literals;

namespace {

HttpRequest post(std::string url, std::string body = "{}", Millis timeout = 20s) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = std::move(body);
  request.timeout = timeout;
  return request;
}

bool isLost(const HttpResponse& response) {
  return response.failure && response.failure->kind == TransportFailure::Kind::lost;
}

// A port of 127.0.0.1 at which nobody listens.
int closedPort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

TEST_CASE("an answer that never comes is lost, and the request was written once", "[net]") {
  using End = ResponderReply::End;
  const End end = GENERATE(End::close, End::reset);
  const bool onKeptConnection = GENERATE(false, true);
  CAPTURE(static_cast<int>(end), onKeptConnection);
  std::atomic<int> deadly{0};
  HttpResponder responder([&](const ResponderRequest& request) {
    ResponderReply reply;
    if (request.body == "last") {
      ++deadly;
      reply.silent = true;
      reply.end = end;
    }
    return reply;
  });
  const auto engine = makeHttpEngine();
  if (onKeptConnection) REQUIRE(engine->fetch(post(responder.url("/"))).complete());
  const HttpResponse answer = engine->fetch(post(responder.url("/"), "last"));
  CHECK(isLost(answer));
  CHECK(answer.status == 0);
  CHECK(deadly == 1);  // curl by itself would write it again on a kept connection
  CHECK(engine->fetch(post(responder.url("/"))).complete());
}

TEST_CASE("a GET may be repeated when its kept connection dies", "[net]") {
  std::atomic<int> seen{0};
  HttpResponder responder([&](const ResponderRequest&) {
    ResponderReply reply;
    if (++seen == 2) {
      reply.silent = true;
      reply.end = ResponderReply::End::close;
    }
    return reply;
  });
  const auto engine = makeHttpEngine();
  HttpRequest get;
  get.url = responder.url("/");
  REQUIRE(engine->fetch(get).complete());
  CHECK(engine->fetch(get).complete());
  CHECK(seen == 3);
}

TEST_CASE("what surely was not sent is told apart", "[net]") {
  const auto engine = makeHttpEngine();
  HttpRequest badHeader = post("http://127.0.0.1:1/");
  badHeader.headers = {{"X-Name", "value\r\nX-Other: 1"}};
  HttpRequest noFile = post("http://127.0.0.1:1/");
  noFile.body = FileSource{"/nonexistent/clip.mp4", nullptr, 0, 10};
  const std::vector<HttpRequest> requests = {
      post("http://127.0.0.1:" + std::to_string(closedPort()) + "/"),
      post("http://no-such-host.invalid/"),
      post("file:///etc/passwd"),
      post("ftp://127.0.0.1/"),
      post("no url at all"),
      post(""),
      badHeader,
      noFile};
  for (const HttpRequest& request : requests) {
    INFO(request.url);
    const HttpResponse answer = engine->fetch(request);
    CHECK(answer.notSent());
    CHECK(answer.status == 0);
    REQUIRE(answer.failure);
    CHECK_FALSE(answer.failure->reason.empty());
  }
}

TEST_CASE("TLS that cannot be agreed upon means not sent", "[net]") {
  HttpResponder responder([](const ResponderRequest&) { return ResponderReply{}; });
  const auto engine = makeHttpEngine();
  std::string url = responder.url("/");
  url.replace(0, 4, "https");
  CHECK(engine->fetch(post(url, "{}", 300ms)).notSent());
  CHECK(responder.requests() == 0);
}

TEST_CASE("a silent server is given up at the deadline and counts as lost", "[net]") {
  std::latch release(1);
  HttpResponder responder([&](const ResponderRequest&) {
    release.wait();
    return ResponderReply{};
  });
  const auto engine = makeHttpEngine();
  const auto begin = std::chrono::steady_clock::now();
  CHECK(isLost(engine->fetch(post(responder.url("/"), "{}", 200ms))));
  CHECK(std::chrono::steady_clock::now() - begin >= 190ms);
  release.count_down();
}

TEST_CASE("who waits in line past the deadline was not sent", "[net]") {
  std::latch release(1);
  HttpResponder responder([&](const ResponderRequest&) {
    release.wait();
    return ResponderReply{};
  });
  HttpEngineOptions options;
  options.maxConcurrent = 1;
  const auto engine = makeHttpEngine(options);
  auto first = engine->send(post(responder.url("/")));
  auto second = engine->send(post(responder.url("/"), "{}", 100ms));
  auto third = engine->send(post(responder.url("/")));
  CHECK(second.get().notSent());
  release.count_down();
  CHECK(first.get().complete());
  CHECK(third.get().complete());
  CHECK(responder.requests() == 2);
}

TEST_CASE("an answer that breaks off or is too large is lost but shows its status", "[net]") {
  HttpResponder responder([](const ResponderRequest& request) {
    ResponderReply reply;
    if (request.target == "/large") {
      reply.body.assign(70'000, 'x');
    } else if (request.target == "/headers") {
      reply.extraHeaders = "X-Large: " + std::string(90'000, 'x') + "\r\n";
    } else {
      reply.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"messages\":[{\"id\":\"wam";
      reply.end = ResponderReply::End::close;
    }
    return reply;
  });
  const auto engine = makeHttpEngine();
  for (const char* path : {"/large", "/headers", "/cut"}) {
    HttpRequest request = post(responder.url(path));
    request.maxResponse = 64_KB;
    const HttpResponse answer = engine->fetch(request);
    INFO(path);
    CHECK(isLost(answer));
    CHECK(answer.status == 200);
    CHECK(answer.body.size() <= 64'000);
  }
}

TEST_CASE("garbage instead of HTTP is lost", "[net]") {
  HttpResponder responder([](const ResponderRequest&) {
    ResponderReply reply;
    reply.raw = std::string("\0\x16garbage\r\n\r\n", 13);
    reply.end = ResponderReply::End::close;
    return reply;
  });
  const auto engine = makeHttpEngine();
  CHECK(isLost(engine->fetch(post(responder.url("/")))));
}

TEST_CASE("a redirect is an answer, not an order", "[net]") {
  HttpResponder responder([&](const ResponderRequest&) {
    ResponderReply reply;
    reply.status = 302;
    reply.extraHeaders = "Location: /elsewhere\r\n";
    return reply;
  });
  const auto engine = makeHttpEngine();
  const HttpResponse answer = engine->fetch(post(responder.url("/")));
  CHECK(answer.complete());
  CHECK(answer.status == 302);
  CHECK(responder.requests() == 1);
}

TEST_CASE("a proxy named by the environment is not used", "[net]") {
  HttpResponder responder([](const ResponderRequest&) { return ResponderReply{}; });
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(closedPort());
  ::setenv("http_proxy", nowhere.c_str(), 1);
  ::setenv("ALL_PROXY", nowhere.c_str(), 1);
  const bool direct = makeHttpEngine()->fetch(post(responder.url("/"))).complete();
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  CHECK(direct);
  HttpEngineOptions options;
  options.proxy = responder.url();
  CHECK(makeHttpEngine(options)->fetch(post("http://provider.invalid/x")).complete());
}

TEST_CASE("stopping ends what is under way as lost and what waits as not sent", "[net]") {
  std::latch arrived(1), release(1);
  HttpResponder responder([&](const ResponderRequest&) {
    arrived.count_down();
    release.wait();
    return ResponderReply{};
  });
  HttpEngineOptions options;
  options.maxConcurrent = 1;
  const auto engine = makeHttpEngine(options);
  auto underWay = engine->send(post(responder.url("/")));
  auto waiting = engine->send(post(responder.url("/")));
  arrived.wait();
  engine->stop(Millis(20));
  CHECK(isLost(underWay.get()));
  CHECK(waiting.get().notSent());
  CHECK(engine->fetch(post(responder.url("/"))).notSent());
  engine->stop(Millis(0));
  CHECK(engine->pending() == 0);
  release.count_down();
}

TEST_CASE("what answers within the grace of a stop is heard", "[net]") {
  std::latch arrived(1), release(1);
  HttpResponder responder([&](const ResponderRequest&) {
    arrived.count_down();
    release.wait();
    return ResponderReply{};
  });
  const auto engine = makeHttpEngine();
  auto underWay = engine->send(post(responder.url("/")));
  arrived.wait();
  std::thread stopper([&] { engine->stop(20s); });
  release.count_down();
  CHECK(underWay.get().complete());
  stopper.join();
}

TEST_CASE("a file shorter than promised fails the request", "[net]") {
  HttpResponder responder([](const ResponderRequest&) { return ResponderReply{}; });
  char name[] = "/tmp/clipcourier-net-XXXXXX";
  const int fd = ::mkstemp(name);
  REQUIRE(::write(fd, "12345", 5) == 5);
  ::close(fd);
  HttpRequest request = post(responder.url("/"));
  request.body = FileSource{name, nullptr, 0, 9};
  CHECK_FALSE(makeHttpEngine()->fetch(request).complete());
  ::unlink(name);
  CHECK(responder.requests() == 0);
}
