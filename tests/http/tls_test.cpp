#include "http/tls.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "http/file_reply.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "http/tls_client.h"
#include "media/folder_store.h"
#include "media/sources.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

// A server whose listeners all speak TLS with files that can be exchanged.
struct World {
  explicit World(ListenerSettings limits = {.threads = 2}) {
    std::signal(SIGPIPE, SIG_IGN);
    write(makeCertificate("first.example"));
    media::TextSource source(film);
    stored = store.put(source, 100_MB).sha256;
    limits.tls = files;
    server = std::make_unique<TestServer>(routes(), limits);
  }
  void write(const MadeCertificate& made) {
    std::ofstream(files.certificate) << made.certificate;
    std::ofstream(files.key) << made.key;
  }
  std::vector<Route> routes() {
    return {{Method::get, "/hello", kOpen, [](Request&) { return bytes("hello", "text/plain"); }},
            {Method::get, "/film", kOpen,
             [this](Request& request) {
               media::OpenFile open = store.open(stored);
               return fileReply(request,
                                {std::move(open.fd), open.size.bytes, "video/mp4", stored, ""});
             }},
            {Method::post,
             "/echo",
             kOpen,
             [](Request& r) { return bytes(r.body().readAll(1_MB), "text/plain"); },
             {.takes = Takes::body}}};
  }
  int port() const { return server->api(); }
  std::string served() { return TlsClient(port()).peerName(); }

  TempFolder folder;
  const std::string film = [] {
    std::string bytes;
    for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>('a' + i % 23);
    return bytes;
  }();
  media::FolderStore store{folder / "media"};
  std::string stored;
  const TlsFiles files{folder / "cert.pem", folder / "key.pem"};
  std::unique_ptr<TestServer> server;
};

RawReply ask(TlsClient& client, const std::string& path,
             const std::vector<std::string>& headers = {}) {
  client.send(request("GET", path, "", headers));
  return client.reply();
}

}  // namespace

TEST_CASE("requests and files go through TLS, on one connection", "[http]") {
  World world;
  TlsClient client(world.port());
  CHECK(client.protocol() == "TLSv1.3");
  CHECK(client.alpn() == "http/1.1");
  const RawReply hello = ask(client, "/hello");
  CHECK(hello.body == "hello");
  CHECK(hello.header("strict-transport-security") == "max-age=31536000");
  CHECK(ask(client, "/film").body == world.film);
  CHECK(ask(client, "/film", {"Range: bytes=1000000-1000009"}).body ==
        world.film.substr(1'000'000, 10));
  const std::string large(300'000, 'x');
  client.send(request("POST", "/echo", large, {"Content-Type: text/plain"}));
  CHECK(client.reply().body == large);
  // Pipelined, in one record: the second must not wait for another poll.
  client.send(request("GET", "/hello") + request("GET", "/hello"));
  CHECK(client.reply().body == "hello");
  CHECK(client.reply().body == "hello");
  const std::string echo = request("POST", "/echo", large, {"Content-Type: text/plain"});
  client.send(echo + request("GET", "/hello"));
  CHECK(client.reply().body == large);
  CHECK(client.reply().body == "hello");
}

TEST_CASE("TLS 1.2 is spoken, older and plain HTTP are not", "[http]") {
  World world;
  TlsClient older(world.port(), TLS1_2_VERSION);
  CHECK(older.protocol() == "TLSv1.2");
  CHECK(ask(older, "/hello").body == "hello");
  CHECK_THROWS_AS(TlsClient(world.port(), TLS1_1_VERSION), std::runtime_error);
  RawClient plain(world.port());
  plain.send(request("GET", "/hello"));
  CHECK(plain.closedByServer());
  CHECK(world.served() == "first.example");
}

TEST_CASE("handshakes that do not go on hold no thread, and end with the time for a head",
          "[http]") {
  World world({.threads = 1, .headTimeout = Millis(500)});
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 30; ++i) {
    slow.push_back(std::make_unique<RawClient>(world.port()));
    slow.back()->send(std::string("\x16\x03\x01\x02", 4));  // the beginning of a hello
  }
  TlsClient client(world.port());
  CHECK(ask(client, "/hello").body == "hello");
  for (auto& each : slow) CHECK(each->closedByServer());
}

TEST_CASE("a reader by TLS who takes nothing holds no thread", "[http]") {
  World world({.threads = 1});
  std::vector<std::unique_ptr<TlsClient>> greedy;
  for (int i = 0; i < 3; ++i) {
    greedy.push_back(std::make_unique<TlsClient>(world.port()));
    for (int n = 0; n < 4; ++n) greedy.back()->send(request("GET", "/film"));
  }
  TlsClient client(world.port());
  CHECK(ask(client, "/hello").body == "hello");
  for (auto& each : greedy) CHECK(each->reply().body == world.film);
}

TEST_CASE("a new certificate is taken while connections go on", "[http]") {
  World world;
  TlsClient before(world.port());
  CHECK(ask(before, "/hello").body == "hello");
  world.write(makeCertificate("second.example", 30));
  world.server->server().reloadCertificates(false);
  CHECK(world.served() == "second.example");
  CHECK(before.peerName() == "first.example");
  CHECK(ask(before, "/hello").body == "hello");
  CHECK(json::parse(world.server->waitForLog("tls.renewed"))["listener"] == "public");
}

TEST_CASE("a certificate that cannot be used leaves the one before, and the log says why",
          "[http]") {
  World world;
  std::string why;
  SECTION("the key of another") {
    std::ofstream(world.files.key) << makeCertificate("other.example").key;
    why = "key values mismatch";
  }
  SECTION("no certificate at all") {
    std::ofstream(world.files.certificate) << "no certificate";
    why = "no start line";
  }
  SECTION("gone") {
    std::filesystem::remove(world.files.certificate);
    why = "cert.pem";
  }
  SECTION("expired") {
    world.write(makeCertificate("late.example", -1, -10));
    why = "has expired";
  }
  SECTION("of tomorrow") {
    world.write(makeCertificate("early.example", 10, 1));
    why = "not valid yet";
  }
  world.server->server().reloadCertificates(false);
  CHECK(world.served() == "first.example");
  const json line = json::parse(world.server->waitForLog("tls.kept_old"));
  INFO(line.dump());
  CHECK(line["why"].get<std::string>().find(why) != std::string::npos);
  world.write(makeCertificate("third.example"));
  world.server->server().reloadCertificates(false);
  CHECK(world.served() == "third.example");
}

TEST_CASE("the facts of a certificate are told, and a pair that is none is refused", "[http]") {
  World world;
  const CertificateFacts facts = lookAtCertificate(world.files);
  CHECK(facts.name == "first.example");
  const auto days = std::chrono::floor<std::chrono::days>(facts.until - SystemClock().now());
  CHECK(days.count() == 89);
  CHECK_THROWS_AS(lookAtCertificate({world.files.key, world.files.key}), Error);
  CHECK_THROWS_AS(lookAtCertificate({"/absent.pem", ""}), Error);
  const auto both = makeCertificate("both.example");
  std::ofstream(world.folder / "both.pem") << both.certificate << both.key;
  CHECK(lookAtCertificate({world.folder / "both.pem", ""}).name == "both.example");
}

TEST_CASE("a listener has its own certificate, that of all, or none", "[http]") {
  ServerSettings settings;
  CHECK_FALSE(tlsOf(settings, settings.api).given());
  settings.tls = {"all.pem", "all.key"};
  CHECK(tlsOf(settings, settings.api).certificate == "all.pem");
  settings.api.tls = {"api.pem", "api.key"};
  CHECK(tlsOf(settings, settings.api).key == "api.key");
  settings.api.tls = {kNoTls, ""};
  CHECK_FALSE(tlsOf(settings, settings.api).given());
}
