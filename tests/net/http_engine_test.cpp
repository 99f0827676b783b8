#include "net/http_engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <set>

#include "support/catch.h"
#include "support/http_responder.h"

using namespace clipcourier;
using namespace clipcourier::net;
using namespace std::chrono_literals;

namespace {

HttpRequest post(std::string url, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer t0ken"}};
  request.body = std::move(body);
  request.timeout = 20s;
  return request;
}

// A file that is gone at the end.
struct TemporaryFile {
  explicit TemporaryFile(const std::string& content) {
    char name[] = "/tmp/clipcourier-net-XXXXXX";
    const int fd = ::mkstemp(name);
    path = name;
    REQUIRE(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(fd);
  }
  ~TemporaryFile() { ::unlink(path.c_str()); }
  std::string path;
};

}  // namespace

TEST_CASE("a request arrives as it was written and its answer comes back", "[net]") {
  HttpResponder responder([](const ResponderRequest& request) {
    ResponderReply reply;
    reply.status = 201;
    reply.body = request.method + " " + request.target + " " + request.body;
    reply.extraHeaders = "X-Token: " + request.header("Authorization") + "\r\nX-Trace:  abc \r\n";
    return reply;
  });
  const auto engine = makeHttpEngine();
  const HttpResponse answer = engine->fetch(post(responder.url("/a?b=c"), "{\"x\":1}"));
  CHECK(answer.complete());
  CHECK(answer.status == 201);
  CHECK(answer.body == "POST /a?b=c {\"x\":1}");
  CHECK(answer.header("x-token") == "Bearer t0ken");
  CHECK(answer.header("X-TRACE") == "abc");
  CHECK(answer.header("x-none").empty());
}

TEST_CASE("every method is sent under its own name, and one does not stain the next", "[net]") {
  HttpResponder responder([](const ResponderRequest& request) {
    ResponderReply reply;
    if (request.method != "HEAD") {
      reply.body = request.method + ":" + request.body + ":" + request.header("X-Once");
    }
    return reply;
  });
  const auto engine = makeHttpEngine();
  for (const std::string method : {"POST", "GET", "DELETE", "HEAD", "PUT", "GET"}) {
    HttpRequest request;
    request.method = method;
    request.url = responder.url("/");
    if (method == "POST") {
      request.body = std::string("body");
      request.headers = {{"X-Once", "1"}};
    }
    const HttpResponse answer = engine->fetch(request);
    INFO(method);
    REQUIRE(answer.complete());
    CHECK(answer.body == (method == "HEAD"   ? ""
                          : method == "POST" ? "POST:body:1"
                                             : method + "::"));
  }
  CHECK(responder.connections() == 1);
}

TEST_CASE("a form carries its fields and a piece of a file", "[net]") {
  std::string received;
  HttpResponder responder([&](const ResponderRequest& request) {
    received = request.header("Content-Type") + "\n" + request.body;
    return ResponderReply{};
  });
  const TemporaryFile file("0123456789");
  const auto open = std::make_shared<UniqueFd>(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  HttpRequest request;
  request.method = "POST";
  request.url = responder.url("/media");
  request.body =
      std::vector<MultipartPart>{{"messaging_product", std::string("whatsapp"), "", ""},
                                 {"file", FileSource{"", open, 2, 5}, "video/mp4", "clip.mp4"}};
  const auto engine = makeHttpEngine();
  REQUIRE(engine->fetch(request).complete());
  CHECK(received.starts_with("multipart/form-data; boundary="));
  CHECK(received.find("name=\"messaging_product\"\r\n\r\nwhatsapp\r\n") != std::string::npos);
  CHECK(received.find(
            "name=\"file\"; filename=\"clip.mp4\"\r\nContent-Type: video/mp4\r\n\r\n23456\r\n") !=
        std::string::npos);
}

TEST_CASE("a large file is sent by its path and an answer is written to a file", "[net]") {
  std::string bytes(5'000'000, 'x');
  for (std::size_t i = 0; i < bytes.size(); i += 97) bytes[i] = static_cast<char>('a' + i % 26);
  HttpResponder responder([](const ResponderRequest& request) {
    ResponderReply reply;
    reply.status = request.target == "/good" ? 200 : 500;
    reply.body = request.body;
    return reply;
  });
  const TemporaryFile source(bytes), target("");
  HttpRequest request;
  request.method = "POST";
  request.url = responder.url("/good");
  request.body = FileSource{source.path, nullptr, 0, bytes.size()};
  request.maxResponse = 6_MB;
  request.saveTo = std::make_shared<UniqueFd>(::open(target.path.c_str(), O_WRONLY | O_CLOEXEC));
  const auto engine = makeHttpEngine();
  const HttpResponse good = engine->fetch(request);
  REQUIRE(good.complete());
  CHECK(good.body.empty());
  std::ifstream in(target.path, std::ios::binary);
  const std::string written((std::istreambuf_iterator<char>(in)), {});
  CHECK((written == bytes));

  request.url = responder.url("/bad");  // an error text does not land in the file
  const HttpResponse bad = engine->fetch(request);
  CHECK(bad.status == 500);
  CHECK((bad.body == bytes));
}

TEST_CASE("five thousand requests from several threads share few connections", "[net]") {
  std::mutex mutex;
  std::multiset<std::string> seen;
  HttpResponder responder([&](const ResponderRequest& request) {
    const std::lock_guard lock(mutex);
    seen.insert(request.body);
    return ResponderReply{};
  });
  HttpEngineOptions options;
  options.maxConcurrent = 24;
  const auto engine = makeHttpEngine(options);
  constexpr int kThreads = 4, kEach = 1250;
  std::mutex doneMutex;
  std::condition_variable done;
  int answered = 0, good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        HttpRequest request = post(responder.url("/"), std::to_string(t * kEach + i));
        request.timeout = 60s;
        engine->send(std::move(request), [&](HttpResponse response) {
          const std::lock_guard lock(doneMutex);
          good += response.complete() && response.status == 200;
          if (++answered == kThreads * kEach) done.notify_one();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  {
    std::unique_lock lock(doneMutex);
    CHECK(done.wait_for(lock, 60s, [&] { return answered == kThreads * kEach; }));
    CHECK(good == kThreads * kEach);
  }
  CHECK(responder.connections() <= 24);
  CHECK(responder.requests() == kThreads * kEach);
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == kThreads * kEach);
  CHECK(engine->pending() == 0);
}

TEST_CASE("a callback may send the next request", "[net]") {
  HttpResponder responder([](const ResponderRequest&) { return ResponderReply{}; });
  const auto engine = makeHttpEngine();
  std::promise<int> last;
  std::function<void(int)> again = [&](int left) {
    engine->send(post(responder.url("/"), "x"), [&, left](HttpResponse response) {
      if (left == 0) return last.set_value(response.status);
      again(left - 1);
    });
  };
  again(20);
  auto result = last.get_future();
  REQUIRE(result.wait_for(20s) == std::future_status::ready);
  CHECK(result.get() == 200);
  CHECK(responder.requests() == 21);
}
