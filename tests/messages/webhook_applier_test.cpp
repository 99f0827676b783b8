#include "messages/webhook_applier.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "messages/message_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

constexpr auto kBothEngines = {db::Engine::sqlite, db::Engine::postgresql};

struct World : MessageFixture {
  using MessageFixture::MessageFixture;

  void store(const std::string& body) { inbox.store("whatsapp", body, clock.now()); }
  // A text of customer n; its time is left out when it is 0.
  static std::string written(int n, const std::string& words, std::int64_t seconds) {
    nlohmann::json message = {{"from", "4917" + std::to_string(100'000'000 + n)},
                              {"id", "wamid.in" + std::to_string(n)},
                              {"type", "text"},
                              {"text", {{"body", words}}}};
    if (seconds > 0) message["timestamp"] = std::to_string(seconds);
    return webhook("messages", message);
  }
  static std::string webhook(const char* list, const nlohmann::json& what) {
    nlohmann::json value = {{"metadata", {{"phone_number_id", "1001"}}}};
    value[list] = nlohmann::json::array({what});
    const nlohmann::json change = {{"field", "messages"}, {"value", value}};
    const nlohmann::json entry = {{"id", "2001"}, {"changes", nlohmann::json::array({change})}};
    return nlohmann::json{{"object", "whatsapp_business_account"},
                          {"entry", nlohmann::json::array({entry})}}
        .dump();
  }
  std::int64_t nowSeconds() const { return toMs(clock.now()) / 1000; }
  std::string webhookState(std::int64_t id) {
    return text("SELECT state FROM webhooks WHERE id = $1", id);
  }

  AttemptToken tokens{keys};
  ReceiptApplier receipts{tokens, channel, reactions};
  InboundApplier inbound{"whatsapp", optOut};
  WebhookInbox inbox{*database};
  WebhookApplier applier{
      *database, channel, receipts, inbound, optOut, clock, [](const std::string&, int) {}};
};

}  // namespace

TEST_CASE("a webhook that cannot be read is set aside and blocks no STOP", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.store("[");
  world.store(World::written(1, "STOP", world.nowSeconds()));
  CHECK(world.applier.runOnce() == 2);
  CHECK(world.webhookState(1) == "failed");
  CHECK(world.webhookState(2) == "applied");
  CHECK(world.state(1) == "skipped");
  CHECK(world.applier.runOnce() == 0);
}

TEST_CASE("a receipt counts though its id holds a NUL character", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  const std::string token = world.tokens.make(world.sendOne());
  world.store(World::webhook("statuses", {{"id", std::string("wamid.1\0", 8)},
                                          {"status", "delivered"},
                                          {"timestamp", "1790000000"},
                                          {"biz_opaque_callback_data", token}}));
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.webhookState(1) == "applied");
  CHECK(world.state(1) == "delivered");
}

TEST_CASE("a STOP without a time counts as said now, not as older than the consent", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.database->write([&](db::Transaction& tx) {
    tx.run("UPDATE consents SET changed_at_ms = $1", world.clock.now());
  });
  world.store(World::written(1, "STOP", 0));
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.text("SELECT state FROM consents WHERE customer_id = $1 AND purpose = 'marketing'",
                   1) == "withdrawn");
}
