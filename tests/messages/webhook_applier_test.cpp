#include "messages/webhook_applier.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "messages/holds.h"
#include "messages/message_fixture.h"
#include "messages/reasons.h"
#include "messages/webhook_intake.h"
#include "senders/template_repository.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

struct World : MessageFixture {
  using MessageFixture::MessageFixture;

  void store(const std::string& body) { intake.store("whatsapp", body, clock.now()); }
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
  // A change of another field, of the sender's account.
  void storeField(const char* field, const nlohmann::json& value) {
    const nlohmann::json change = {{"field", field}, {"value", value}};
    const nlohmann::json entry = {
        {"id", "2001"}, {"time", nowSeconds()}, {"changes", nlohmann::json::array({change})}};
    store(nlohmann::json{{"object", "whatsapp_business_account"},
                         {"entry", nlohmann::json::array({entry})}}
              .dump());
  }
  // Stores and applies one change.
  void tell(const char* field, const nlohmann::json& value) {
    storeField(field, value);
    REQUIRE(applier.runOnce() == 1);
  }
  void addTemplate(const std::string& language = "en_US") {
    channels::Template text;
    text.id = "9001";
    text.name = "clip";
    text.language = language;
    text.category = "MARKETING";
    text.status = "APPROVED";
    text.bodyText = "Hi";
    database->write(
        [&](db::Transaction& tx) { senders::TemplateRepository(tx).put({1}, text, clock.now()); });
  }
  senders::SenderTemplate templateNow() {
    return *database
                ->read(
                    [&](db::Connection& c) { return senders::TemplateRepository(c).ofSender({1}); })
                .begin();
  }
  static nlohmann::json templateEvent(const char* event, const char* language = "en-US") {
    return {{"event", event},
            {"message_template_id", 9001},
            {"message_template_name", "clip"},
            {"message_template_language", language},
            {"reason", "NONE"}};
  }
  // Customer 1 used the provider's own switch.
  static nlohmann::json preference(const char* value, std::int64_t seconds) {
    return {{"metadata", {{"phone_number_id", "1001"}}},
            {"user_preferences",
             {{{"wa_id", "4917100000001"},
               {"category", "marketing_messages"},
               {"value", value},
               {"timestamp", seconds}}}}};
  }
  std::vector<Hold> holds() {
    return database->read([&](db::Connection& c) { return HoldRepository(c).active(clock.now()); });
  }
  nlohmann::json details() {
    return nlohmann::json::parse(text("SELECT details FROM senders WHERE id = $1", 1));
  }
  std::vector<WebhookUnknown> unknowns() {
    return database->read([](db::Connection& c) { return WebhookUnknowns::list(c); });
  }
  std::int64_t count(const std::string& sql) {
    return database->read([&](db::Connection& c) { return *c.scalar<std::int64_t>(sql); });
  }
  std::string consent(std::int64_t customer) {
    return text("SELECT state FROM consents WHERE purpose = 'marketing' AND customer_id = $1",
                customer);
  }
  std::int64_t nowSeconds() const { return toMs(clock.now()) / 1000; }
  std::string webhookState(std::int64_t id) {
    return text("SELECT state FROM webhooks WHERE id = $1", id);
  }

  AttemptToken tokens{keys};
  ReceiptApplier receipts{tokens, channel, reactions};
  InboundApplier inbound{"whatsapp", optOut};
  SenderEventApplier senderEvents{"whatsapp"};
  WebhookIntake intake{*database};
  WebhookInbox inbox{*database};
  WebhookApplier applier{*database,    channel, receipts, inbound,
                         senderEvents, optOut,  clock,    [](const std::string&, int) {}};
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

TEST_CASE("a template is held while the provider does not let it be sent", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.addTemplate();
  world.tell("message_template_status_update", World::templateEvent("PAUSED"));
  CHECK(world.templateNow().what.status == "PAUSED");
  CHECK_FALSE(world.templateNow().usable());
  const auto held = world.holds();
  REQUIRE(held.size() == 1);
  CHECK(held[0].scope == "template");
  CHECK(held[0].key == "1/clip/en_US");
  CHECK(held[0].reason == "template_status:PAUSED");
  CHECK(reasonWords(held[0].reason));
  SECTION("and released when it is approved again") {
    world.tell("message_template_status_update", World::templateEvent("APPROVED", "en_US"));
    CHECK(world.templateNow().usable());
    CHECK(world.holds().empty());
  }
  SECTION("and released when the pause ends, which comes under the pause's name") {
    auto event = World::templateEvent("PAUSED");
    event["other_info"] = {{"title", "UNPAUSE"}};
    world.tell("message_template_status_update", event);
    CHECK(world.holds().empty());
  }
  SECTION("and a person's hold of it stays") {
    world.database->write([&](db::Transaction& tx) {
      HoldRepository(tx).hold({"template", "1/clip/en_US", "no", "token:1", world.clock.now(), {}});
    });
    world.tell("message_template_status_update", World::templateEvent("APPROVED"));
    CHECK(world.holds().size() == 1);
  }
  SECTION("and an event we do not know changes nothing") {
    world.tell("message_template_status_update", World::templateEvent("ADMIRED"));
    CHECK(world.templateNow().what.status == "PAUSED");
  }
}

TEST_CASE("a template that people dislike is held at RED, and only shown at YELLOW", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 0);
  world.addTemplate();
  const auto quality = [](const char* score) {
    return nlohmann::json{{"previous_quality_score", "GREEN"},
                          {"new_quality_score", score},
                          {"message_template_id", 9001},
                          {"message_template_name", "clip"},
                          {"message_template_language", "en-US"}};
  };
  world.tell("message_template_quality_update", quality("YELLOW"));
  CHECK(world.templateNow().what.quality == "YELLOW");
  CHECK(world.holds().empty());
  world.tell("message_template_quality_update", quality("RED"));
  REQUIRE(world.holds().size() == 1);
  CHECK(world.holds()[0].reason == "template_quality");
  world.tell("message_template_quality_update", quality("GREEN"));
  CHECK(world.holds().empty());
}

TEST_CASE("a template's new category counts at once, and its list is read again", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 0);
  world.addTemplate();
  world.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE senders SET templates_due_ms = 9"); });
  auto event = World::templateEvent("");
  event["new_category"] = "UTILITY";
  world.tell("template_category_update", event);
  CHECK(world.templateNow().what.category == "UTILITY");
  CHECK(world.count("SELECT templates_due_ms FROM senders") == 0);
  world.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE senders SET templates_due_ms = 9"); });
  world.tell("message_template_components_update", World::templateEvent(""));
  CHECK(world.count("SELECT templates_due_ms FROM senders") == 0);
}

TEST_CASE("what the provider says about number and account stands in the sender", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 0);
  world.tell("phone_number_quality_update", {{"display_phone_number", "15550783881"},
                                             {"event", "THROUGHPUT_UPGRADE"},
                                             {"max_daily_conversations_per_business", "TIER_10K"}});
  CHECK(world.details()["throughput"] == "HIGH");
  CHECK(world.details()["messaging_limit"] == "TIER_10K");
  world.tell("business_capability_update", {{"max_daily_conversations_per_business", 2000}});
  CHECK(world.details()["messaging_limit"] == "2000");
  CHECK(world.details()["throughput"] == "HIGH");
  CHECK(world.holds().empty());
}

TEST_CASE("a restricted account holds all its senders, and only them", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 0);
  world.database->write([](db::Transaction& tx) {
    for (const char* account : {"2001", "2999"})
      tx.run(
          "INSERT INTO senders (channel, name, external_id, account_id, base_url, api_version, "
          "token_source, app_secret_source, verify_token_source, messages_per_second, state, "
          "created_at_ms, updated_at_ms) VALUES ('whatsapp', 'B', $1 || '7', $2, "
          "'http://localhost', "
          "'v23.0', 'env:T', 'env:S', 'env:V', 80, 'active', 0, 0)",
          std::string(account), std::string(account));
  });
  SECTION("until the provider says that it is over") {
    world.tell("account_update",
               {{"event", "DISABLED_UPDATE"}, {"ban_info", {{"waba_ban_state", "DISABLE"}}}});
    const auto held = world.holds();
    REQUIRE(held.size() == 2);
    CHECK(held[0].key == "1");
    CHECK(held[1].key == "2");
    CHECK(held[0].reason == "account_event:DISABLED_UPDATE");
    CHECK_FALSE(held[0].until);
    CHECK(world.details()["account_event"] == "DISABLED_UPDATE");
    world.tell("account_update",
               {{"event", "DISABLED_UPDATE"}, {"ban_info", {{"waba_ban_state", "REINSTATE"}}}});
    CHECK(world.holds().empty());
  }
  SECTION("until the last restriction ends") {
    const std::int64_t end = world.nowSeconds() + 3600;
    world.tell(
        "account_update",
        {{"event", "ACCOUNT_RESTRICTION"},
         {"restriction_info",
          {{{"restriction_type", "RESTRICTED_BIZ_INITIATED_MESSAGING"}, {"expiration", end}}}}});
    REQUIRE(world.holds().size() == 2);
    CHECK(toMs(*world.holds()[0].until) == end * 1000);
    world.clock.advance(Millis(3'600'001));
    CHECK(world.holds().empty());
  }
  SECTION("and an account that signs something is not held") {
    world.tell("account_update", {{"event", "MM_LITE_TERMS_SIGNED"}});
    CHECK(world.holds().empty());
    CHECK(world.details()["account_event"] == "MM_LITE_TERMS_SIGNED");
  }
}

TEST_CASE("a new number gets no consent from the old one", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 2);
  const std::string old = MessageFixture::numberOf(1).substr(1), fresh = "4915112345678";
  world.store(World::webhook("messages",
                             {{"from", old},
                              {"id", "wamid.sys"},
                              {"type", "system"},
                              {"timestamp", std::to_string(world.nowSeconds())},
                              {"system", {{"type", "user_changed_number"}, {"wa_id", fresh}}}}));
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.state(1) == "skipped");
  CHECK(world.reason(1) == "number_changed");
  CHECK(reasonWords("number_changed"));
  CHECK(world.consent(1) == "withdrawn");
  CHECK(world.state(2) == "queued");
  const auto owner = world.database->read([&](db::Connection& c) {
    return customers::CustomerRepository(c).owner({customers::IdentityKind::phone, "+" + fresh});
  });
  REQUIRE(owner);
  CHECK(owner->value > 2);
  CHECK(world.count("SELECT count(*) FROM consents WHERE state = 'given'") == 1);
  CHECK(world.countersAreTrue());
}

TEST_CASE("a person under another user id stays the same customer", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.database->write([](db::Transaction& tx) {
    tx.run(
        "INSERT INTO customer_identities (customer_id, kind, value, created_at_ms) "
        "VALUES (1, 'bsuid', 'DE.1', 0)");
    tx.run("UPDATE messages SET address = 'DE.1'");
  });
  world.tell("user_id_update",
             {{"user_id_update",
               {{{"wa_id", "1"}, {"user_id", {{"previous", "DE.1"}, {"current", "DE.2"}}}}}}});
  CHECK(world.text(
            "SELECT value FROM customer_identities WHERE kind = 'bsuid' AND customer_id = $1", 1) ==
        "DE.2");
  CHECK(world.text("SELECT address FROM messages WHERE id = $1", 1) == "DE.2");
  CHECK(world.consent(1) == "given");
  // Who writes under it now is known, and his STOP counts.
  world.store(World::webhook("messages", {{"from_user_id", "DE.2"},
                                          {"id", "wamid.bs"},
                                          {"type", "text"},
                                          {"text", {{"body", "STOP"}}}}));
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.consent(1) == "withdrawn");
  CHECK(world.state(1) == "skipped");
}

TEST_CASE("a wa_id that is not the number written to is learnt from what people write",
          "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.database->write([](db::Transaction& tx) {
    tx.run(
        "INSERT INTO customer_identities (customer_id, kind, value, created_at_ms) "
        "VALUES (1, 'bsuid', 'BR.1', 0)");
  });
  const auto write = [&](const char* id, nlohmann::json who, const char* words) {
    who.update({{"id", id}, {"type", "text"}, {"text", {{"body", words}}}});
    world.store(World::webhook("messages", who));
    CHECK(world.applier.runOnce() == 1);
  };
  write("wamid.1", {{"from", "551187654321"}, {"from_user_id", "BR.1"}}, "Olá");
  CHECK(world.consent(1) == "given");
  CHECK(world.count("SELECT last_inbound_ms FROM session_windows WHERE customer_id = 1") ==
        toMs(world.clock.now()));
  write("wamid.2", {{"from", "551187654321"}}, "STOP");
  CHECK(world.consent(1) == "withdrawn");
}

TEST_CASE("a STOP from the future does not outlive a later consent", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.store(World::written(1, "STOP", world.nowSeconds() + 500'000'000));
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.consent(1) == "withdrawn");
  CHECK(world.count("SELECT changed_at_ms FROM consents WHERE purpose = 'marketing'") ==
        toMs(world.clock.now()));
}

TEST_CASE("an opt-out that is told again skips nothing of who has agreed since", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  const std::int64_t monday = world.nowSeconds();
  world.clock.advance(Millis(86'400'000));
  world.database->write([&](db::Transaction& tx) {
    tx.run("UPDATE consents SET changed_at_ms = $1", world.clock.now());
  });
  world.tell("user_preferences", World::preference("stop", monday));
  CHECK(world.consent(1) == "given");
  CHECK(world.state(1) == "queued");
}

TEST_CASE("the provider's stop for marketing ends the consent and skips what waits", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 2);
  world.tell("user_preferences", World::preference("stop", world.nowSeconds()));
  CHECK(world.consent(1) == "withdrawn");
  CHECK(world.state(1) == "skipped");
  CHECK(world.reason(1) == "opt_out");
  CHECK(world.consent(2) == "given");
  CHECK(world.state(2) == "queued");
  CHECK(world.countersAreTrue());
  // What was agreed to, and all that may be imported later.
  CHECK(world.count("SELECT count(*) FROM consent_ledger") == 2);
  const auto entry = nlohmann::json::parse(world.text(
      "SELECT payload FROM consent_ledger WHERE customer_id = $1 AND payload LIKE '%\"*\"%'", 1));
  CHECK(entry["event"] == "withdrawn");
  CHECK(entry["channel"] == "whatsapp");
  CHECK(entry["purpose"] == "*");
  CHECK(entry["method"] == "provider_preference");
  CHECK(entry["source"] == "whatsapp");
  CHECK(entry["evidence"] == "user_preferences: stop marketing_messages");
  CHECK(entry["at_ms"] == world.nowSeconds() * 1000);
}

TEST_CASE("the provider's resume is no new consent", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  const bool stopped = GENERATE(false, true);
  if (stopped) world.tell("user_preferences", World::preference("stop", world.nowSeconds()));
  world.clock.advance(std::chrono::hours(24));
  world.tell("user_preferences", World::preference("resume", world.nowSeconds()));
  CHECK(world.consent(1) == (stopped ? "withdrawn" : "given"));
  CHECK(world.state(1) == (stopped ? "skipped" : "queued"));
  CHECK(world.count("SELECT count(*) FROM consent_ledger") == (stopped ? 2 : 0));
  CHECK(world.countersAreTrue());
}

TEST_CASE("a STOP to a number we do not send with is obeyed", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE senders SET external_id = '1002'"); });
  world.store(World::written(1, "STOP", world.nowSeconds()));
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.consent(1) == "withdrawn");
  CHECK(world.state(1) == "skipped");
}

TEST_CASE("one bad part of a webhook does not take the other parts with it", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 3);
  // The second STOP breaks a constraint.
  world.database->write([&](db::Transaction& tx) {
    tx.run("DELETE FROM consent_wordings WHERE id > 1");
    if (tx.engine() == db::Engine::sqlite)
      tx.run(
          "CREATE TRIGGER poison BEFORE INSERT ON inbound_messages WHEN NEW.provider_id = "
          "'wamid.in2' BEGIN SELECT RAISE(ABORT, 'poison'); END");
    else
      tx.run(
          "ALTER TABLE inbound_messages ADD CONSTRAINT poison CHECK (provider_id <> 'wamid.in2')");
  });
  nlohmann::json value = {{"metadata", {{"phone_number_id", "1001"}}},
                          {"messages", nlohmann::json::array()}};
  for (int n = 1; n <= 3; ++n)
    value["messages"].push_back({{"from", "4917" + std::to_string(100'000'000 + n)},
                                 {"id", "wamid.in" + std::to_string(n)},
                                 {"type", "text"},
                                 {"text", {{"body", "STOP"}}}});
  world.storeField("messages", value);
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.consent(1) == "withdrawn");
  CHECK(world.consent(2) == "given");
  CHECK(world.consent(3) == "withdrawn");
  CHECK(world.webhookState(1) == "stored");
  for (int tries = 0; tries < 20 && world.webhookState(1) == "stored"; ++tries) {
    world.clock.advance(Millis(3'600'000));
    world.applier.runOnce();
  }
  CHECK(world.webhookState(1) == "failed");
  CHECK(world.count("SELECT count(*) FROM inbound_messages") == 2);
  CHECK(world.countersAreTrue());
}

TEST_CASE("poisoned webhooks block nothing behind them", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  std::string deep = R"({"object":"whatsapp_business_account","entry":)";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  const std::string id = std::string(500, 'x');
  const std::vector<std::string> poison = {
      "[",
      "null",
      "1e999999",
      "\"text\"",
      "{}",
      deep,
      R"({"object":"whatsapp_business_account","entry":{"changes":7}})",
      R"({"object":"whatsapp_business_account","entry":[7,null,{"changes":[null,[],{"field":"messages","value":[]}]}]})",
      R"({"object":"whatsapp_business_account","entry":[{"id":"2001","time":1e308,"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":1001},"messages":[{"from":4917100000001,"id":99999999999999999999999,"type":"text","timestamp":-9e99,"text":"x"}]}}]}]})",
      R"({"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1001"},"statuses":[{"id":"w","status":"sent","timestamp":"99999999999999999999","errors":[{"code":1e40}]}]}}]}]})",
      World::webhook("messages",
                     {{"from", std::string(1, '\0')}, {"id", id}, {"type", id}, {"text", 7}}),
      World::webhook("statuses", {{"id", nlohmann::json::array()}, {"status", "read"}}),
  };
  for (const std::string& body : poison) world.store(body);
  world.store(World::written(1, "STOP", world.nowSeconds()));
  for (int round = 0; round < 20 && world.state(1) != "skipped"; ++round) world.applier.runOnce();
  CHECK(world.state(1) == "skipped");
  CHECK(world.count("SELECT count(*) FROM webhooks WHERE state = 'stored'") == 0);
  CHECK(world.count("SELECT count(*) FROM webhooks WHERE state = 'failed'") > 0);
}

TEST_CASE("a batch of a thousand updates is applied whole", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  const std::string token = world.tokens.make(world.sendOne());
  nlohmann::json value = {{"metadata", {{"phone_number_id", "1001"}}}};
  for (int n = 0; n < 500; ++n) {
    value["statuses"].push_back({{"id", n == 250 ? "wamid.1" : "wamid.other" + std::to_string(n)},
                                 {"status", "delivered"},
                                 {"timestamp", "1790000000"}});
    if (n == 250) value["statuses"].back()["biz_opaque_callback_data"] = token;
    value["messages"].push_back({{"from", "4915" + std::to_string(100'000'000 + n)},
                                 {"id", "wamid.in" + std::to_string(n)},
                                 {"type", "text"},
                                 {"text", {{"body", n == 499 ? "STOP" : "Hallo"}}}});
  }
  world.storeField("messages", value);
  CHECK(world.applier.runOnce() == 1);
  CHECK(world.webhookState(1) == "applied");
  CHECK(world.state(1) == "delivered");
  CHECK(world.count("SELECT count(*) FROM inbound_messages") == 500);
  CHECK(world.count("SELECT count(*) FROM consents WHERE state = 'withdrawn'") == 1);
}

TEST_CASE("what we do not know is counted without its contents, and kept longer", "[messages]") {
  World world(GENERATE(values(kBothEngines)), 1);
  world.tell("hologram_update", {{"secret", "4917100000001"}});
  world.tell("hologram_update", {{"secret", "4917100000001"}});
  world.store(
      World::webhook("messages", {{"from", "4917100000001"}, {"id", "w1"}, {"type", "hologram"}}));
  world.store(World::webhook(
      "messages",
      {{"from", "4917100000001"}, {"id", "w2"}, {"type", "4917100000001 is my number"}}));
  world.store(World::written(1, "Hallo", world.nowSeconds()));
  world.store("[");
  CHECK(world.applier.runOnce() == 4);
  std::map<std::string, std::int64_t> seen;
  for (const WebhookUnknown& one : world.unknowns())
    seen[one.field + "/" + one.kind + "/" + one.why] = one.seen;
  CHECK(seen == std::map<std::string, std::int64_t>{{"//malformed", 1},
                                                    {"hologram_update//field", 2},
                                                    {"messages/hologram/type", 1},
                                                    {"messages/other/type", 1}});
  // They are replies all the same.
  CHECK(world.count("SELECT count(*) FROM inbound_messages") == 3);

  const auto prune = [&] {
    const TimePoint now = world.clock.now();
    return world.inbox.prune(now - std::chrono::hours(24 * 14), now - std::chrono::hours(24 * 30));
  };
  CHECK(prune() == 0);
  world.clock.advance(std::chrono::hours(24 * 14 + 1));
  CHECK(prune() == 1);
  CHECK(world.count("SELECT count(*) FROM webhooks WHERE unknown_parts > 0") == 4);
  world.storeField("hologram_update", nlohmann::json::object());  // waits: never pruned
  world.clock.advance(std::chrono::hours(24 * 16));
  CHECK(prune() == 5);
  CHECK(world.count("SELECT count(*) FROM webhooks") == 1);
}
