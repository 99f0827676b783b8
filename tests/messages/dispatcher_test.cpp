#include "messages/dispatcher.h"

#include "channels/opt_out.h"
#include "messages/inbound_applier.h"
#include "messages/message_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

// The provider, as far as a dispatcher can tell: keeps the requests, answers when told.
struct ScriptedEngine : net::HttpEngine {
  void send(net::HttpRequest request, Callback done) override {
    requests.push_back(std::move(request));
    callbacks.push_back(std::move(done));
  }
  void stop(Millis) override {}
  std::size_t pending() const override { return callbacks.size(); }

  void answerAll(const net::HttpResponse& response) {
    for (const Callback& done : std::exchange(callbacks, {})) done(response);
  }
  std::vector<net::HttpRequest> requests;
  std::vector<Callback> callbacks;
};

net::HttpResponse acceptedAs(const std::string& wamid, const std::string& waId) {
  net::HttpResponse response;
  response.status = 200;
  response.body = R"({"messaging_product": "whatsapp", "contacts": [{"input": "+49", "wa_id": ")" +
                  waId + R"("}], "messages": [{"id": ")" + wamid + R"("}]})";
  return response;
}

struct DispatcherFixture : MessageFixture {
  explicit DispatcherFixture(db::Engine engine, int messages) : MessageFixture(engine, messages) {}

  SuppliesOrReason supplies() {
    if (!waitsFor.empty()) return waitsFor;
    Supplies all;
    all.channel = &channel;
    all.account = {"http://provider.example", "v23.0", "1001", "2001", Secret("t0ken")};
    channels::Template text;
    text.name = "product_clip";
    text.language = "de";
    text.headerFormat = "VIDEO";
    text.bodyText = "Hallo {{1}}!";
    Content content;
    content.language = "de";
    content.variables = {{"1", {.field = "first_name", .text = "", .fallback = fallback}}};
    all.languages["de"] = {content, text, "MEDIA"};
    all.waiting = waitingLanguages;
    return all;
  }
  Dispatcher dispatcher(int maxInFlight = DispatcherSettings{}.maxInFlight) {
    DispatcherSettings settings;
    settings.maxInFlight = maxInFlight;
    return Dispatcher({*database, http, [this](const Lane&) { return supplies(); }, optOut,
                       attemptTokens, watchTokens, clock, [](const std::string&) {}},
                      settings, "node");
  }

  ScriptedEngine http;
  AttemptToken attemptTokens{keys};
  WatchToken watchTokens{keys};
  std::string waitsFor, fallback;
  std::map<std::string, std::string> waitingLanguages;
};

}  // namespace

TEST_CASE("what is due is sent once, with its own attempt in it, and recorded", "[messages]") {
  DispatcherFixture f(GENERATE(db::Engine::sqlite, db::Engine::postgresql), 3);
  Dispatcher dispatcher = f.dispatcher();
  CHECK(dispatcher.runOnce() == 3);
  CHECK(dispatcher.runOnce() == 0);
  REQUIRE(f.http.requests.size() == 3);
  CHECK(std::get<std::string>(f.http.requests[0].body).find(f.attemptTokens.make({{1}, 1})) !=
        std::string::npos);
  CHECK(f.state(1) == "sending");
  f.http.answerAll(acceptedAs("wamid.1", "x"));
  CHECK(dispatcher.recordAnswers(Millis(0)) == 3);
  CHECK(f.state(3) == "accepted");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a lane whose supplies are missing waits and says why", "[messages]") {
  DispatcherFixture f(db::Engine::sqlite, 1);
  f.waitsFor = "media_missing";
  Dispatcher dispatcher = f.dispatcher();
  CHECK(dispatcher.runOnce() == 0);
  CHECK(dispatcher.waiting().at({1}) == "media_missing");
  CHECK(f.state(1) == "queued");
  f.waitsFor.clear();
  CHECK(dispatcher.runOnce() == 1);
  CHECK(dispatcher.waiting().empty());
}

TEST_CASE("one language of a campaign waits while the others are sent", "[messages]") {
  DispatcherFixture f(GENERATE(db::Engine::sqlite, db::Engine::postgresql), 2);
  f.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE messages SET language = 'fr' WHERE id = 1"); });
  f.waitingLanguages = {{"fr", "template_held"}};
  Dispatcher dispatcher = f.dispatcher();
  CHECK(dispatcher.runOnce() == 1);
  CHECK(f.state(1) == "queued");
  CHECK(f.state(2) == "sending");
  CHECK(dispatcher.waiting().empty());
}

TEST_CASE("a message that cannot be composed fails alone and says which variable", "[messages]") {
  DispatcherFixture f(GENERATE(values(kBothEngines)), 2);
  f.answer(f.sendOne(), channels::TryLater{Millis(0), 131016, channels::Reaction::retry, 0, ""});
  REQUIRE(f.state(1) == "held");
  f.clock.advance(std::chrono::hours(1));
  f.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE customers SET name = '' WHERE id = 1"); });
  Dispatcher dispatcher = f.dispatcher();
  CHECK(dispatcher.runOnce() == 1);
  CHECK(f.state(1) == "failed");
  CHECK(f.reason(1) == "variable_missing:1");
  CHECK(f.state(2) == "sending");
  CHECK(f.countersAreTrue());
}

TEST_CASE("a request is open until its answer is recorded", "[messages]") {
  DispatcherFixture f(db::Engine::sqlite, 3);
  Dispatcher dispatcher = f.dispatcher(2);
  CHECK(dispatcher.runOnce() == 2);
  f.http.answerAll(acceptedAs("wamid.1", "x"));
  CHECK(dispatcher.runOnce() == 0);
  CHECK(dispatcher.recordAnswers(Millis(0)) == 2);
  CHECK(dispatcher.runOnce() == 1);
}

TEST_CASE("an answer that can never be recorded does not hold up the others", "[messages]") {
  DispatcherFixture f(db::Engine::postgresql, 3);
  Dispatcher dispatcher = f.dispatcher(2);
  REQUIRE(dispatcher.runOnce() == 2);
  f.database->write([](db::Transaction& tx) {  // stands for whatever the database refuses for good
    tx.run("ALTER TABLE attempts ADD CHECK (provider_id <> 'poison')");
  });
  f.http.callbacks.at(0)(acceptedAs("poison", "x"));
  f.http.callbacks.at(1)(acceptedAs("wamid.2", "x"));
  f.http.callbacks.clear();
  CHECK(dispatcher.recordAnswers(Millis(0)) == 2);
  CHECK(dispatcher.recordAnswers(Millis(0)) == 0);
  CHECK(f.state(1) == "sending");
  CHECK(f.state(2) == "accepted");
  CHECK(dispatcher.runOnce() == 1);  // the dropped one takes no room
}

TEST_CASE("a STOP from the id the provider gave the number is obeyed", "[messages]") {
  DispatcherFixture f(GENERATE(db::Engine::sqlite, db::Engine::postgresql), 1);
  Dispatcher dispatcher = f.dispatcher();
  REQUIRE(dispatcher.runOnce() == 1);
  f.http.answerAll(acceptedAs("wamid.1", "4917999"));  // not the number that was dialled
  dispatcher.recordAnswers(Millis(0));
  const InboundApplier inbound("whatsapp", f.optOut);
  channels::WebhookEvent event;
  event.numberId = "1001";
  channels::InboundMessage message;
  message.providerMessageId = "wamid.in";
  message.waId = "4917999";
  message.type = "text";
  message.text = "STOP";
  message.at = f.clock.now();
  InboundSummary summary;
  f.database->write(
      [&](db::Transaction& tx) { inbound.apply(tx, event, message, f.clock.now(), summary); });
  CHECK(summary.optOuts == 1);
  CHECK(f.text("SELECT state FROM consents WHERE customer_id = $1", 1) == "withdrawn");
}
