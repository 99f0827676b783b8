#include <nlohmann/json.hpp>

#include "base/error.h"
#include "channels/opt_out.h"
#include "channels/whatsapp/whatsapp_channel.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::channels;
using Json = nlohmann::json;

namespace {

const whatsapp::WhatsAppChannel channel;

Account account() { return {"https://graph.example/", "v23.0", "1055", "2066", Secret("t0ken")}; }

OutboundMessage message() {
  OutboundMessage m;
  m.to = "+491701234567";
  m.templateName = "product_clip_de";
  m.language = "de";
  m.header = HeaderMedia{MediaKind::video, "9001"};
  m.body = {{"first_name", "Jana\nMüller"}, {"product", "Modell 7"}};
  m.buttons = {{ButtonValue::Kind::urlSuffix, 0, "k3Vw9_Qe"},
               {ButtonValue::Kind::quickReply, 1, stopPayload(42)}};
  m.opaque = "m1.1.abc";
  return m;
}

net::HttpResponse answer(int status, std::string body, std::string headers = {}) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return response;
}

net::HttpResponse graphError(int status, int code, std::string headers = {}) {
  return answer(status, Json{{"error", {{"message", "(#1) title"}, {"code", code}}}}.dump(),
                headers);
}

template <class T>
T as(const SendOutcome& outcome) {
  REQUIRE(std::holds_alternative<T>(outcome));
  return std::get<T>(outcome);
}

}  // namespace

TEST_CASE("a template message is written as the provider wants it", "[channels]") {
  const net::HttpRequest request = channel.request(account(), message());
  CHECK(request.method == "POST");
  CHECK(request.url == "https://graph.example/v23.0/1055/messages");
  const Json body = Json::parse(std::get<std::string>(request.body));
  CHECK(body == Json::parse(R"({
    "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+491701234567",
    "type": "template", "biz_opaque_callback_data": "m1.1.abc",
    "template": {"name": "product_clip_de", "language": {"code": "de", "policy": "deterministic"},
      "components": [
        {"type": "header", "parameters": [{"type": "video", "video": {"id": "9001"}}]},
        {"type": "body", "parameters": [
          {"type": "text", "parameter_name": "first_name", "text": "Jana Müller"},
          {"type": "text", "parameter_name": "product", "text": "Modell 7"}]},
        {"type": "button", "sub_type": "url", "index": "0",
          "parameters": [{"type": "text", "text": "k3Vw9_Qe"}]},
        {"type": "button", "sub_type": "quick_reply", "index": "1",
          "parameters": [{"type": "payload", "payload": "stop:c42"}]}]}})"));
}

TEST_CASE("a person without a number is written to by user id", "[channels]") {
  OutboundMessage m = message();
  m.to.clear();
  m.recipient = "DE.13491234";
  m.body = {{"", "Jana"}};
  m.header.reset();
  m.buttons.clear();
  const Json body = Json::parse(std::get<std::string>(channel.request(account(), m).body));
  CHECK_FALSE(body.contains("to"));
  CHECK(body["recipient"] == "DE.13491234");
  CHECK(body["template"]["components"].size() == 1);
  CHECK_FALSE(body["template"]["components"][0]["parameters"][0].contains("parameter_name"));
}

TEST_CASE("hostile values cannot leave their place in a request", "[channels]") {
  OutboundMessage m = message();
  m.body[0].text = "\"}],\"to\":\"+4900\xFF";
  m.buttons[0].value = "../x?y=1&z ä";
  Account evil = account();
  evil.numberId = "1055/../me";
  const net::HttpRequest request = channel.request(evil, m);
  CHECK(request.url == "https://graph.example/v23.0/1055%2F..%2Fme/messages");
  const Json body = Json::parse(std::get<std::string>(request.body));
  CHECK(body["to"] == "+491701234567");
  CHECK(body["template"]["components"][2]["parameters"][0]["text"] ==
        "..%2Fx%3Fy%3D1%26z%20%C3%A4");
}

TEST_CASE("a message that can never be right is refused before it is sent", "[channels]") {
  const auto refused = [](auto&& spoil) {
    OutboundMessage m = message();
    spoil(m);
    CHECK_THROWS_AS(channel.request(account(), m), Error);
  };
  refused([](OutboundMessage& m) { m.to.clear(); });
  refused([](OutboundMessage& m) { m.to = "491701234567"; });
  refused([](OutboundMessage& m) { m.to = "+49170x234567"; });
  refused([](OutboundMessage& m) { m.templateName.clear(); });
  refused([](OutboundMessage& m) { m.language.clear(); });
  refused([](OutboundMessage& m) { m.header->mediaId.clear(); });
  refused([](OutboundMessage& m) { m.body[0].text = " \n "; });
  refused([](OutboundMessage& m) { m.buttons[0].value.clear(); });
  refused([](OutboundMessage& m) { m.buttons[1].index = 10; });
  refused([](OutboundMessage& m) { m.opaque.assign(513, 'x'); });
  Account noUrl = account();
  noUrl.baseUrl = "graph.example";
  CHECK_THROWS_AS(channel.request(noUrl, message()), Error);
  Account noId = account();
  noId.numberId.clear();
  CHECK_THROWS_AS(channel.request(noId, message()), Error);
}

TEST_CASE("an accepted message has its id, and a held one says so", "[channels]") {
  const auto good = as<Accepted>(channel.outcome(answer(200, R"({"messaging_product":"whatsapp",
    "contacts":[{"input":"+5511987654321","wa_id":"551187654321"}],
    "messages":[{"id":"wamid.A","message_status":"accepted"}]})")));
  CHECK(good.providerMessageId == "wamid.A");
  CHECK(good.waId == "551187654321");
  CHECK_FALSE(good.heldForQuality);
  const auto held = as<Accepted>(channel.outcome(answer(200, R"({"contacts":[{"user_id":"DE.1"}],
    "messages":[{"id":"wamid.B","message_status":"held_for_quality_assessment"}]})")));
  CHECK(held.heldForQuality);
  CHECK(held.userId == "DE.1");
  CHECK(as<Accepted>(channel.outcome(answer(200, R"({"messages":[{"id":"wamid.C"}]})")))
            .waId.empty());
}

TEST_CASE("an error is judged by its code under any HTTP status", "[channels]") {
  for (const int status : {200, 400, 401, 429, 500, 503}) {
    INFO(status);
    CHECK(as<TryLater>(channel.outcome(graphError(status, 130429))).reaction ==
          Reaction::throughput);
    CHECK(as<Refused>(channel.outcome(graphError(status, 131053))).reaction == Reaction::fix);
    CHECK(as<TryLater>(channel.outcome(graphError(status, 190))).reaction == Reaction::auth);
    CHECK(as<Refused>(channel.outcome(graphError(status, 4711))).code == 4711);
    CHECK(as<TryLater>(channel.outcome(graphError(status, 0))).reaction == Reaction::auth);
  }
  CHECK(as<TryLater>(channel.outcome(graphError(400, 131000))).maxTries == 3);
  CHECK(as<Refused>(channel.outcome(graphError(400, 131050))).reaction == Reaction::optOut);
}

TEST_CASE("what the provider asks for stands above our own delay, but not for ever", "[channels]") {
  using namespace std::chrono_literals;
  const auto after = [](const net::HttpResponse& response) {
    return as<TryLater>(channel.outcome(response)).after;
  };
  CHECK(after(graphError(429, 130429, "Retry-After: 120\r\n")) == 120s);
  CHECK(after(graphError(429, 131057, "Retry-After: 1\r\n")) == 1s);
  CHECK(after(graphError(429, 131057)) == 60s);
  CHECK(after(graphError(429, 131057,
                         "Date: Fri, 27 Nov 2026 03:00:00 GMT\r\n"
                         "Retry-After: Fri, 27 Nov 2026 03:01:30 GMT\r\n")) == 90s);
  CHECK(after(graphError(429, 130429, "Retry-After: Fri, 27 Nov 2026 03:01:30 GMT\r\n")) == 2s);
  CHECK(after(graphError(429, 130429,
                         "Date: Fri, 27 Nov 2026 03:00:00 GMT\r\n"
                         "Retry-After: Fri, 27 Nov 2026 02:00:00 GMT\r\n")) == 2s);
  CHECK(as<TryLater>(channel.outcome(graphError(429, 130429, "Retry-After: 7\r\n"))).asked == 7s);
  CHECK(as<TryLater>(channel.outcome(graphError(429, 130429))).asked == 0s);
  CHECK(after(graphError(429, 130429, "Retry-After: 99999999999\r\n")) <= 24h);
  CHECK(after(graphError(429, 130429, "Retry-After: -5\r\n")) == 2s);
  CHECK(after(graphError(
            400, 80007,
            "X-Business-Use-Case-Usage: "
            "{\"2066\":[{\"type\":\"whatsapp\",\"estimated_time_to_regain_access\":17}]}\r\n")) ==
        17min);
  CHECK(after(graphError(400, 80007, "x-business-use-case-usage: {{{[\r\n")) == 5min);
}

TEST_CASE("only what surely was not accepted is tried again", "[channels]") {
  for (const char* body :
       {"<html>Service Unavailable</html>", "", "{\"error\":", "{}", "[]", "null"}) {
    INFO(body);
    CHECK(std::holds_alternative<Unknown>(channel.outcome(answer(503, body))));
    CHECK(std::holds_alternative<Unknown>(channel.outcome(answer(500, body))));
    CHECK(std::holds_alternative<Unknown>(channel.outcome(answer(200, body))));
    CHECK(std::holds_alternative<Unknown>(channel.outcome(answer(408, body))));
    const auto later = as<TryLater>(channel.outcome(answer(429, body)));
    CHECK(later.maxTries == 3);
    CHECK(std::holds_alternative<TryLater>(channel.outcome(answer(302, body))));
    CHECK(std::holds_alternative<TryLater>(channel.outcome(answer(404, body))));
  }
  for (const char* body :
       {R"({"messages":[]})", R"({"messages":[{}]})", R"({"messages":[{"id":""}]})",
        R"({"messages":"wamid"})", R"({"messages":[{"id":"wam)", R"({"error":"text"})",
        R"({"error":{"code":"x"}})", R"({"error":{"code":1e99}})", R"({"error":{"code":-3}})"}) {
    INFO(body);
    CHECK(std::holds_alternative<Unknown>(channel.outcome(answer(200, body))));
  }
  net::HttpResponse lost = answer(200, R"({"messages":[{"id":"wamid.A"}]})");
  lost.failure = net::TransportFailure{net::TransportFailure::Kind::lost, "reset"};
  CHECK(std::holds_alternative<Unknown>(channel.outcome(lost)));
  lost.failure->kind = net::TransportFailure::Kind::notSent;
  CHECK(as<TryLater>(channel.outcome(lost)).reaction == Reaction::retry);
}

TEST_CASE("a reason never repeats a phone number", "[channels]") {
  const auto refused = as<Refused>(channel.outcome(answer(
      400,
      R"({"error":{"code":131009,"error_data":{"details":"+491701234567 is no number, see 131009"}}})")));
  CHECK(refused.reason.find("1701234567") == std::string::npos);
  CHECK(refused.reason.find("131009") != std::string::npos);
}
