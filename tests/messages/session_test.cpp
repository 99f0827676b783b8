#include "messages/session_sender.h"

#include <stdlib.h>

#include "messages/inbound_applier.h"
#include "messages/message_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;
using namespace std::chrono_literals;

namespace {

struct Engine : net::HttpEngine {
  void send(net::HttpRequest request, Callback done) override {
    requests.push_back(std::move(request));
    callbacks.push_back(std::move(done));
  }
  void stop(Millis) override {}
  std::size_t pending() const override { return callbacks.size(); }
  void answer(int status, const std::string& body) {
    net::HttpResponse response;
    response.status = status;
    response.body = body;
    for (const Callback& done : std::exchange(callbacks, {})) done(response);
  }
  std::vector<net::HttpRequest> requests;
  std::vector<Callback> callbacks;
};

constexpr auto kAccepted = R"({"messages": [{"id": "wamid.out"}]})";

struct SessionFixture : MessageFixture {
  explicit SessionFixture(db::Engine engine) : MessageFixture(engine, 1) {
    ::setenv("CLIPCOURIER_SENDER_TEST_TOKEN", "t0ken", 1);
    database->write([](db::Transaction& tx) {
      tx.run("UPDATE senders SET token_source = 'env:CLIPCOURIER_SENDER_TEST_TOKEN'");
    });
  }
  void write(const std::string& id, const std::string& words, bool confirm = true,
             Millis ago = Millis(0)) {
    const InboundApplier inbound("whatsapp", optOut, confirm);
    channels::WebhookEvent event;
    event.numberId = "1001";
    channels::InboundMessage message;
    message.providerMessageId = id;
    message.waId = numberOf(1).substr(1);
    message.type = "text";
    message.text = words;
    message.at = clock.now() - ago;
    database->write([&](db::Transaction& tx) {
      InboundSummary summary;
      inbound.apply(tx, event, message, clock.now(), summary);
    });
  }
  std::string sessionState() {
    return text("SELECT coalesce(max(state), 'none') FROM session_messages WHERE id >= $1", 0);
  }
  void receive(channels::StatusEvent::Status status, const std::string& opaque) {
    channels::StatusEvent receipt;
    receipt.status = status;
    receipt.opaque = opaque;
    receipt.providerMessageId = "wamid.out";
    database->write([&](db::Transaction& tx) { SessionOutbox(tx).apply({receipt}, clock.now()); });
  }
  SessionSender sender() { return SessionSender(*database, http, directory, clock); }

  Engine http;
  senders::SecretSources secrets{"/nowhere"};
  senders::SenderDirectory directory{*database, secrets, clock};
};

}  // namespace

TEST_CASE("a STOP is confirmed once, in the person's language", "[messages]") {
  SessionFixture f(GENERATE(values(kBothEngines)));
  SessionSender sender = f.sender();
  f.write("wamid.1", "STOP");
  f.write("wamid.1", "STOP");
  f.write("wamid.2", "Stopp!");
  CHECK(sender.runOnce() == 1);
  CHECK(f.sessionState() == "sending");  // committed before the request
  REQUIRE(f.http.requests.size() == 1);
  const std::string body = std::get<std::string>(f.http.requests[0].body);
  CHECK(body.find("Sie sind abgemeldet") != std::string::npos);
  CHECK(body.find(f.numberOf(1)) != std::string::npos);
  CHECK(body.find("\"s1.1\"") != std::string::npos);
  f.http.answer(200, kAccepted);
  CHECK(sender.runOnce() == 0);
  CHECK(f.sessionState() == "accepted");
  using Status = channels::StatusEvent::Status;
  f.receive(Status::read, "s1.1");
  f.receive(Status::delivered, "s1.1");
  CHECK(f.sessionState() == "read");
}

TEST_CASE("English is for everybody else, and the setting switches it off", "[messages]") {
  SessionFixture f(db::Engine::sqlite);
  SessionSender sender = f.sender();
  SECTION("English") {
    f.database->write([](db::Transaction& tx) { tx.run("UPDATE customers SET locale = 'fr-FR'"); });
    f.write("wamid.1", "STOP");
    CHECK(sender.runOnce() == 1);
    CHECK(std::get<std::string>(f.http.requests[0].body).find("unsubscribed") != std::string::npos);
  }
  SECTION("off") {
    f.write("wamid.1", "STOP", false);
    CHECK(sender.runOnce() == 0);
    CHECK(f.sessionState() == "none");
  }
  SECTION("no STOP") {
    f.write("wamid.1", "Hallo");
    CHECK(f.sessionState() == "none");
  }
}

TEST_CASE("while everything, the channel or the sender is held nothing is confirmed",
          "[messages]") {
  SessionFixture f(GENERATE(values(kBothEngines)));
  SessionSender sender = f.sender();
  const Hold hold = GENERATE(Hold{"everything", "", "red", "token:1", {}, {}},
                             Hold{"channel", "whatsapp", "red", "token:1", {}, {}},
                             Hold{"sender", "1", "red", "token:1", {}, {}});
  f.database->write([&](db::Transaction& tx) { HoldRepository(tx).hold(hold); });
  f.write("wamid.1", "STOP");
  CHECK(sender.runOnce() == 0);
  f.database->write([&](db::Transaction& tx) { HoldRepository(tx).release(hold.scope, hold.key); });
  CHECK(sender.runOnce() == 1);
}

TEST_CASE("a STOP that comes after a day is obeyed, but too old to be answered", "[messages]") {
  SessionFixture f(GENERATE(values(kBothEngines)));
  SessionSender sender = f.sender();
  f.write("wamid.1", "STOP", true, 25h);
  CHECK(sender.runOnce() == 0);
  CHECK(f.sessionState() == "skipped");
}

TEST_CASE("a confirmation whose answer is lost is never sent again", "[messages]") {
  SessionFixture f(GENERATE(values(kBothEngines)));
  f.write("wamid.1", "STOP");
  {
    SessionSender dies = f.sender();  // before the answer is recorded
    CHECK(dies.runOnce() == 1);
  }
  f.http.callbacks.clear();
  SessionSender sender = f.sender();
  CHECK(sender.runOnce() == 0);
  f.clock.advance(3min);
  CHECK(sender.runOnce() == 0);
  CHECK(f.sessionState() == "unknown");
  f.clock.advance(48h);
  CHECK(sender.runOnce() == 0);
  CHECK(f.http.requests.size() == 1);
  f.receive(channels::StatusEvent::Status::delivered, "s1.1");
  CHECK(f.sessionState() == "delivered");
}

TEST_CASE("what was surely not sent is tried again, until the day is over", "[messages]") {
  SessionFixture f(GENERATE(values(kBothEngines)));
  SessionSender sender = f.sender();
  f.write("wamid.1", "STOP");
  CHECK(sender.runOnce() == 1);
  f.http.answer(400, R"({"error": {"code": 131056, "message": "slow down"}})");
  CHECK(sender.runOnce() == 0);
  CHECK(f.sessionState() == "queued");
  f.clock.advance(1min);
  CHECK(sender.runOnce() == 1);
  f.http.answer(400, R"({"error": {"code": 131056, "message": "slow down"}})");
  f.clock.advance(25h);
  CHECK(sender.runOnce() == 0);
  CHECK(sender.runOnce() == 0);
  CHECK(f.sessionState() == "skipped");
}
