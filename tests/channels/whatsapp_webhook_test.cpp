#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/error.h"
#include "channels/whatsapp/whatsapp_channel.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::channels;
using Json = nlohmann::json;

namespace {

const whatsapp::WhatsAppChannel channel;

std::string body(const std::string& field, const Json& value) {
  return Json{{"object", "whatsapp_business_account"},
              {"entry",
               {{{"id", "2066"},
                 {"time", 1'790'000'000},
                 {"changes", {{{"field", field}, {"value", value}}}}}}}}
      .dump();
}

Json messagesValue(const char* key, Json items) {
  return {{"messaging_product", "whatsapp"},
          {"metadata", {{"display_phone_number", "4930123456"}, {"phone_number_id", "1055"}}},
          {"contacts",
           {{{"profile", {{"name", "Jana"}}}, {"wa_id", "491701234567"}, {"user_id", "DE.1"}}}},
          {key, std::move(items)}};
}

Json status(const std::string& id, const std::string& word) {
  return {{"id", id},
          {"status", word},
          {"timestamp", "1790000001"},
          {"recipient_id", "491701234567"},
          {"biz_opaque_callback_data", "m1.1.abc"},
          {"pricing", {{"type", "regular"}, {"category", "marketing"}}}};
}

// What is not known is kept beside what could be read of it.
template <class T>
T readable(const std::vector<WebhookEvent>& events) {
  REQUIRE(events.size() == 2);
  const bool first = std::holds_alternative<T>(events[0].what);
  REQUIRE(std::holds_alternative<UnknownEvent>(events[first ? 1 : 0].what));
  return std::get<T>(events[first ? 0 : 1].what);
}

std::vector<WebhookEvent> messageEvents(const char* key, Json items) {
  return channel.parseWebhook(body("messages", messagesValue(key, std::move(items))));
}

template <class T>
T only(const std::vector<WebhookEvent>& events) {
  REQUIRE(events.size() == 1);
  REQUIRE(std::holds_alternative<T>(events[0].what));
  return std::get<T>(events[0].what);
}

Json inbound(const std::string& type, Json content) {
  return {{"from", "491701234567"},
          {"id", "wamid.in"},
          {"timestamp", "1790000002"},
          {"type", type},
          {type, std::move(content)}};
}

}  // namespace

TEST_CASE("only bytes signed with the app secret are the provider's", "[channels]") {
  const std::string plain = R"({"object":"whatsapp_business_account","entry":[]})";
  const std::string hex = "c84a394cc475525991e78ff16e430b02e47f953877d2af0ade26956ce6f384dc";
  const Secret secret("test-app-secret");
  CHECK(channel.isSigned(plain, "sha256=" + hex, secret));
  const std::string escaped =
      R"({"object":"whatsapp_business_account","entry":[{"id":"1","time":1,"changes":[]}],"n":"M\u00fcller"})";
  CHECK(channel.isSigned(escaped,
                         "sha256=421397f9de7b2d81978a57dfbcb9b38e1924030e91f69365febb0bc1d9f756b6",
                         Secret("demo-app-secret")));
  CHECK_FALSE(channel.isSigned(plain + " ", "sha256=" + hex, secret));
  CHECK_FALSE(channel.isSigned(plain, "sha256=" + hex, Secret("other")));
  for (const std::string& bad :
       {std::string(), hex, "sha1=" + hex, std::string("sha256="), "sha256=" + hex.substr(2),
        "sha256=" + hex + "00", std::string("sha256=zz")}) {
    CHECK_FALSE(channel.isSigned(plain, bad, secret));
  }
  // A sender without a secret must not accept what anybody can compute.
  CHECK_FALSE(
      channel.isSigned(plain, "sha256=" + crypto::hex(crypto::hmacSha256("", plain)), Secret()));
}

TEST_CASE("the address is verified only with our token", "[channels]") {
  std::map<std::string, std::string> query = {
      {"hub.mode", "subscribe"}, {"hub.challenge", "1158201444"}, {"hub.verify_token", "ours"}};
  CHECK(channel.answerChallenge(query, Secret("ours")) == "1158201444");
  CHECK_FALSE(channel.answerChallenge(query, Secret("theirs")));
  CHECK_FALSE(channel.answerChallenge(query, Secret()));
  query["hub.mode"] = "unsubscribe";
  CHECK_FALSE(channel.answerChallenge(query, Secret("ours")));
  CHECK_FALSE(channel.answerChallenge({}, Secret("ours")));
}

TEST_CASE("a receipt names message, attempt, time and person", "[channels]") {
  const auto events = messageEvents("statuses", {status("wamid.A", "delivered")});
  const auto s = only<StatusEvent>(events);
  CHECK(s.status == StatusEvent::Status::delivered);
  CHECK(s.providerMessageId == "wamid.A");
  CHECK(s.opaque == "m1.1.abc");
  CHECK(s.waId == "491701234567");
  CHECK(s.at == fromMs(1'790'000'001'000));
  CHECK(s.pricingCategory == "marketing");
  CHECK(events[0].field == "messages");
  CHECK(events[0].businessId == "2066");
  CHECK(events[0].numberId == "1055");
  CHECK(events[0].key == "status:wamid.A:delivered");
}

TEST_CASE("a failed receipt carries its code", "[channels]") {
  Json failed = status("wamid.A", "failed");
  failed["errors"] = {{{"code", 131049}, {"title", "t"}, {"error_data", {{"details", "why"}}}}};
  const auto s = only<StatusEvent>(messageEvents("statuses", {failed}));
  CHECK(s.status == StatusEvent::Status::failed);
  CHECK(s.errorCode == 131049);
  CHECK(s.errorText == "why");
}

TEST_CASE("words a receipt may use that change nothing", "[channels]") {
  for (const char* word : {"played", "deleted"}) {
    const auto s = only<StatusEvent>(messageEvents("statuses", {status("wamid.A", word)}));
    CHECK(s.status == StatusEvent::Status::other);
    CHECK(s.statusText == word);
  }
  const auto s =
      readable<StatusEvent>(messageEvents("statuses", {status("wamid.A", "something_new")}));
  CHECK(s.status == StatusEvent::Status::other);
  CHECK(s.statusText == "something_new");
}

TEST_CASE("what people write or tap becomes one kind of event", "[channels]") {
  const auto read = [](Json json) {
    return only<InboundMessage>(messageEvents("messages", {std::move(json)}));
  };
  const auto text = read(inbound("text", {{"body", "STOP"}}));
  CHECK(text.text == "STOP");
  CHECK(text.profileName == "Jana");
  CHECK(text.userId == "DE.1");
  Json tapped = inbound("button", {{"payload", "stop:c42"}, {"text", "Abmelden"}});
  tapped["context"] = {{"from", "4930123456"}, {"id", "wamid.ours"}};
  const auto button = read(tapped);
  CHECK(button.payload == "stop:c42");
  CHECK(button.text == "Abmelden");
  CHECK(button.contextId == "wamid.ours");
  const auto reply =
      read(inbound("interactive", {{"type", "button_reply"},
                                   {"button_reply", {{"id", "more:1"}, {"title", "Mehr"}}}}));
  CHECK(reply.payload == "more:1");
  CHECK(reply.text == "Mehr");
  const auto image =
      read(inbound("image", {{"id", "77"}, {"mime_type", "image/jpeg"}, {"caption", "so?"}}));
  CHECK(image.mediaId == "77");
  CHECK(image.text == "so?");
  const auto hologram =
      readable<InboundMessage>(messageEvents("messages", {inbound("hologram", {{"x", 1}})}));
  CHECK(hologram.type == "hologram");
}

TEST_CASE("a person known only by user id is heard", "[channels]") {
  Json json = inbound("text", {{"body", "hi"}});
  json.erase("from");
  json["from_user_id"] = "DE.1";
  const auto m = only<InboundMessage>(messageEvents("messages", {json}));
  CHECK(m.userId == "DE.1");
  CHECK(m.profileName == "Jana");
}

TEST_CASE("a changed number and a changed user id are told", "[channels]") {
  const auto number = only<NumberChanged>(messageEvents(
      "messages",
      {inbound("system",
               {{"type", "user_changed_number"}, {"wa_id", "12195555358"}, {"body", "x"}})}));
  CHECK(number.oldWaId == "491701234567");
  CHECK(number.newWaId == "12195555358");
  const auto id = only<UserIdChanged>(channel.parseWebhook(
      body("user_id_update",
           {{"wa_id", "49170"}, {"user_id", {{"previous", "DE.1"}, {"current", "DE.2"}}}})));
  CHECK(id.currentUserId == "DE.2");
}

TEST_CASE("a person's own switch for marketing is told", "[channels]") {
  const auto events = channel.parseWebhook(
      body("user_preferences", {{"metadata", {{"phone_number_id", "1055"}}},
                                {"user_preferences",
                                 {{{"wa_id", "49170"},
                                   {"category", "marketing_messages"},
                                   {"value", "stop"},
                                   {"timestamp", 1'790'000'003}},
                                  {{"wa_id", "49171"},
                                   {"category", "marketing_messages"},
                                   {"value", "resume"},
                                   {"timestamp", 1'790'000'004}},
                                  {{"wa_id", "49172"}, {"value", "maybe"}}}}}));
  REQUIRE(events.size() == 3);
  CHECK(std::get<PreferenceEvent>(events[0].what).stop);
  CHECK_FALSE(std::get<PreferenceEvent>(events[1].what).stop);
  CHECK(std::holds_alternative<UnknownEvent>(events[2].what));
  CHECK(events[0].key != events[1].key);
}

TEST_CASE("templates, numbers and accounts report their state", "[channels]") {
  const auto paused = only<TemplateStatusEvent>(channel.parseWebhook(
      body("message_template_status_update",
           {{"event", "PAUSED"},
            {"message_template_id", 594425479261596},
            {"message_template_name", "clip"},
            {"message_template_language", "en-US"},
            {"reason", "NONE"},
            {"other_info", {{"title", "FIRST_PAUSE"}, {"description", "low quality"}}}})));
  CHECK(paused.event == "PAUSED");
  CHECK(paused.templateId == "594425479261596");
  CHECK(paused.language == "en_US");
  CHECK(paused.reason == "low quality");
  const auto quality = only<TemplateQualityEvent>(channel.parseWebhook(
      body("message_template_quality_update", {{"previous_quality_score", "GREEN"},
                                               {"new_quality_score", "RED"},
                                               {"message_template_id", 1}})));
  CHECK(quality.current == "RED");
  for (const Json& limit : {Json("TIER_2K"), Json(2000)}) {
    CHECK(only<CapabilityEvent>(
              channel.parseWebhook(body("business_capability_update",
                                        {{"max_daily_conversations_per_business", limit}})))
              .messagingLimit == (limit.is_string() ? "TIER_2K" : "2000"));
  }
  const auto account = [](Json value) {
    return only<AccountEvent>(channel.parseWebhook(body("account_update", std::move(value))));
  };
  CHECK(account({{"event", "ACCOUNT_RESTRICTION"}, {"restriction_info", Json::array()}})
            .haltsSending);
  CHECK(account({{"event", "DISABLED_UPDATE"}, {"ban_info", {{"waba_ban_state", "DISABLE"}}}})
            .haltsSending);
  CHECK_FALSE(
      account({{"event", "DISABLED_UPDATE"}, {"ban_info", {{"waba_ban_state", "REINSTATE"}}}})
          .haltsSending);
  CHECK_FALSE(account({{"event", "MM_LITE_TERMS_SIGNED"}}).haltsSending);
  CHECK(only<NumberQualityEvent>(channel.parseWebhook(body("phone_number_quality_update",
                                                           {{"event", "THROUGHPUT_UPGRADE"},
                                                            {"display_phone_number", "4930"}})))
            .event == "THROUGHPUT_UPGRADE");
  CHECK(only<ProviderErrorEvent>(messageEvents("errors", {{{"code", 131000}, {"title", "x"}}}))
            .code == 131000);
}

TEST_CASE("a broken part is kept as it came and spoils no neighbour", "[channels]") {
  const auto events = messageEvents("statuses", {status("wamid.A", "sent"),
                                                 7,
                                                 nullptr,
                                                 {{"id", "wamid.B"}},
                                                 {{"status", "sent"}},
                                                 {{"id", {{"x", 1}}}, {"status", {1}}},
                                                 status("wamid.C", "read")});
  REQUIRE(events.size() == 7);
  CHECK(std::get<StatusEvent>(events[0].what).providerMessageId == "wamid.A");
  for (int i = 1; i <= 5; ++i)
    CHECK(std::get<UnknownEvent>(events[static_cast<std::size_t>(i)].what).why == "malformed");
  CHECK(std::get<UnknownEvent>(events[1].what).json == "7");
  CHECK(std::get<StatusEvent>(events[6].what).status == StatusEvent::Status::read);
  const auto unknown = channel.parseWebhook(body("brand_new_field", {{"secret", "x"}}));
  CHECK(only<UnknownEvent>(unknown).why == "field");
  CHECK(only<UnknownEvent>(unknown).json.find("brand_new_field") != std::string::npos);
  const std::string mixed =
      R"({"object":"whatsapp_business_account","entry":[null,{"id":"1"},{"changes":[[],{"field":"messages"},
    {"field":"messages","value":{"statuses":[{"id":"wamid.D","status":"sent","timestamp":"x"}]}}]}]})";
  const auto kept = channel.parseWebhook(mixed);
  REQUIRE(kept.size() == 5);
  CHECK(std::get<StatusEvent>(kept[4].what).providerMessageId == "wamid.D");
  CHECK(std::get<StatusEvent>(kept[4].what).at == TimePoint{});
}

TEST_CASE("one bad letter does not spoil a batch", "[channels]") {
  std::string raw =
      body("messages",
           messagesValue("statuses", {status("wamid.A", "sent"), status("wamid.B", "read")}));
  const std::string bad =
      GENERATE(std::string("\\ud83d"), std::string("\\udc00"), std::string("\xFF"),
               std::string("\\ud83d\\u0041"), std::string("\xC3"), std::string("\xED\xA0\x80"));
  raw.replace(raw.find("m1.1.abc"), 8, bad);
  const auto events = channel.parseWebhook(raw);
  REQUIRE(events.size() == 2);
  CHECK(std::get<StatusEvent>(events[0].what).opaque.find("\xEF\xBF\xBD") != std::string::npos);
  CHECK(std::get<StatusEvent>(events[1].what).status == StatusEvent::Status::read);
}

TEST_CASE("a whole that is no JSON object is refused and nothing worse happens", "[channels]") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const std::string deepObject = R"({"object":"whatsapp_business_account","entry":)" + deep + "}";
  for (const std::string& raw :
       {std::string(), std::string("{"), std::string("[]"), std::string("7"),
        std::string("\xFF\xFE"),
        std::string("{\"object\":\"whatsapp_business_account\",\"entry\":[{"), deep, deepObject,
        std::string("\"\\"), std::string("{\"a\":\"\\u12")}) {
    CHECK_THROWS_AS(channel.parseWebhook(raw), Error);
  }
  CHECK(only<UnknownEvent>(channel.parseWebhook("{}")).why == "object");
  CHECK(only<UnknownEvent>(channel.parseWebhook(R"({"object":"page","entry":[]})")).why ==
        "object");
  CHECK(channel.parseWebhook(R"({"object":"whatsapp_business_account","entry":[]})").empty());
}

TEST_CASE("every way of cutting a webhook short is survived", "[channels]") {
  const std::string whole =
      body("messages", messagesValue("statuses", {status("wamid.A", "sent")}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_THROWS_AS(channel.parseWebhook(whole.substr(0, length)), Error);
  }
  // One byte changed anywhere: an Error or events, nothing else.
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : {'"', '{', '\0', '\xFF', '9'}) {
      std::string changed = whole;
      changed[at] = byte;
      try {
        channel.parseWebhook(changed);
      } catch (const Error&) {
      }
    }
  }
}

TEST_CASE("a batch of a thousand updates and three megabytes is read whole", "[channels]") {
  Json statuses = Json::array(), messages = Json::array(), contacts = Json::array();
  for (int i = 0; i < 500; ++i) {
    statuses.push_back(status("wamid." + std::to_string(i), "sent"));
    Json m = inbound("text", {{"body", std::string(5000, 'x')}});
    m["id"] = "wamid.in." + std::to_string(i);
    m["from"] = std::to_string(i);
    messages.push_back(m);
    contacts.push_back(
        {{"wa_id", std::to_string(i)}, {"profile", {{"name", "P" + std::to_string(i)}}}});
  }
  const std::string raw =
      body("messages", {{"statuses", statuses}, {"messages", messages}, {"contacts", contacts}});
  CHECK(raw.size() > 2'600'000);
  const auto events = channel.parseWebhook(raw);
  REQUIRE(events.size() == 1000);
  CHECK(std::get<InboundMessage>(events[999].what).profileName == "P499");
}

TEST_CASE("the same event delivered twice has the same key", "[channels]") {
  const Json value = {{"event", "PAUSED"}, {"message_template_id", 1}};
  const auto a = channel.parseWebhook(body("message_template_status_update", value));
  const auto b = channel.parseWebhook(body("message_template_status_update", value));
  CHECK(a[0].key == b[0].key);
  const auto c = channel.parseWebhook(
      body("message_template_status_update", {{"event", "APPROVED"}, {"message_template_id", 1}}));
  CHECK(a[0].key != c[0].key);
}
