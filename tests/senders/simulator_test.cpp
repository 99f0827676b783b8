// The real channel, engine and ledger against the phone simulator, which shares no code with them.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <nlohmann/json.hpp>

#include "channels/registry.h"
#include "senders_fixture.h"
#include "support/catch.h"
#include "support/skip.h"

using namespace clipcourier;
using namespace clipcourier::senders;
using namespace std::chrono_literals;

namespace {

constexpr const char* kAppSecret = "simulator-app-secret";

// A simulator of its own on a free port, which sends its webhooks to `callback`.
class Simulator {
 public:
  explicit Simulator(const std::string& callback) {
    int out[2];
    REQUIRE(::pipe(out) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    ::posix_spawn_file_actions_addclose(&actions, out[0]);
    std::vector<std::string> words = {
        "node",  "samples/simulator/simulator.js",   "--port", "0",
        "--set", "webhook.callback_url=" + callback, "--set",  "webhook.verify=false"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int failed = ::posix_spawnp(&pid_, "node", &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    if (!failed) url_ = readAddress(out[0]);
    ::close(out[0]);
  }
  ~Simulator() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  const std::string& url() const { return url_; }  // empty when it did not start

 private:
  static std::string readAddress(int fd) {
    std::string line;
    for (char c; line.size() < 10'000 && ::read(fd, &c, 1) == 1 && c != '\n';) line += c;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    return json.is_object() ? json.value("listening", "") : "";
  }
  pid_t pid_ = 0;
  std::string url_;
};

// Takes the provider's webhooks: checks each signature and keeps the events.
class Hook {
 public:
  ResponderReply operator()(const ResponderRequest& request) {
    const auto& channel = channels::get("whatsapp");
    const std::lock_guard lock(mutex_);
    if (!channel.isSigned(request.body, request.header("X-Hub-Signature-256"),
                          Secret(kAppSecret))) {
      ++unsigned_;
    }
    for (auto& event : channel.parseWebhook(request.body)) events_.push_back(std::move(event));
    arrived_.notify_all();
    return {};
  }
  // The receipt with this opaque text and word; waits for it.
  std::optional<channels::StatusEvent> receipt(const std::string& opaque, const std::string& word) {
    std::optional<channels::StatusEvent> found;
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, 30s, [&] {
      for (const auto& event : events_) {
        const auto* status = std::get_if<channels::StatusEvent>(&event.what);
        if (status && status->opaque == opaque && status->statusText == word) found = *status;
      }
      return found.has_value();
    });
    return found;
  }
  int unsignedOnes() {
    const std::lock_guard lock(mutex_);
    return unsigned_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<channels::WebhookEvent> events_;
  int unsigned_ = 0;
};

channels::OutboundMessage hello(const std::string& to, const std::string& opaque) {
  channels::OutboundMessage message;
  message.to = to;
  message.templateName = "hello_world";
  message.language = "en_US";
  message.opaque = opaque;
  return message;
}

}  // namespace

TEST_CASE("a message goes out through the simulator and its receipts come back", "[senders]") {
  Hook hook;
  Fixture f(db::Engine::sqlite, [&](const ResponderRequest& r) { return hook(r); });
  const Simulator simulator(f.responder.url("/webhooks/whatsapp"));
  if (simulator.url().empty()) {
    skipTest("the simulator does not start; it needs node");
    return;
  }
  ::setenv("CLIPCOURIER_SENDER_TEST_TOKEN", "simulator-token", 1);
  SenderInput input = f.input();
  input.baseUrl = simulator.url();
  input.externalId = "106540352242922";
  input.accountId = "102290129340398";
  const Sender sender = f.service.create(input, f.actor);
  for (const CheckFinding& finding : SenderCheck(*f.database, *f.http, f.secrets).run(sender)) {
    INFO(finding.code << ": " << finding.what);
    CHECK(finding.ok);
  }
  CHECK(f.sync.run(sender.id, f.actor).added >= 5);
  const auto clip = f.database->read([&](db::Connection& c) {
    return TemplateRepository(c).find(sender.id, "product_clip", "de");
  });
  REQUIRE(clip);
  CHECK(clip->usable());
  CHECK(clip->what.headerFormat == "VIDEO");
  CHECK(clip->what.bodyParameters().size() == 2);

  const auto ready = f.directory.get(sender.id);
  const auto send = [&](const channels::OutboundMessage& message) {
    return ready->channel->outcome(f.http->fetch(ready->channel->request(ready->account, message)));
  };
  const auto outcome = send(hello("+491713920001", "a1"));
  REQUIRE(std::holds_alternative<channels::Accepted>(outcome));
  const auto delivered = hook.receipt("a1", "delivered");
  REQUIRE(delivered);
  CHECK(delivered->providerMessageId == std::get<channels::Accepted>(outcome).providerMessageId);
  CHECK(delivered->waId == "491713920001");

  // A file that is no video is accepted, and fails by webhook as at the provider.
  const std::string sha256 = f.storeFile("not a video");
  channels::OutboundMessage message = hello("+491713920001", "a2");
  message.templateName = "product_clip";
  message.language = "de";
  message.header =
      channels::HeaderMedia{channels::MediaKind::video, f.ledger.ensure({sender.id, sha256})};
  message.body = {{"", "Jana"}, {"", "Modell 7"}};
  message.buttons = {{channels::ButtonValue::Kind::urlSuffix, 0, "k3Vw9"},
                     {channels::ButtonValue::Kind::quickReply, 1, "stop:c1"}};
  CHECK(std::holds_alternative<channels::Accepted>(send(message)));
  const auto failed = hook.receipt("a2", "failed");
  REQUIRE(failed);
  CHECK(failed->errorCode == 131053);

  message.body.pop_back();  // one value too few
  const auto refused = send(message);
  REQUIRE(std::holds_alternative<channels::TryLater>(refused));
  CHECK(std::get<channels::TryLater>(refused).code == 132000);
  message.templateName = "paused_offer";
  CHECK_FALSE(std::holds_alternative<channels::Accepted>(send(message)));
  CHECK(hook.unsignedOnes() == 0);
}
