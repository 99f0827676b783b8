#include "base/error.h"
#include "channels/whatsapp/whatsapp_channel.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::channels;

namespace {

const whatsapp::WhatsAppChannel channel;

Account account() { return {"https://graph.example", "v23.0", "1055", "2066", Secret("t0ken")}; }

net::HttpResponse answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

template <class T, class Step>
T as(const Step& step) {
  REQUIRE(std::holds_alternative<T>(step));
  return std::get<T>(step);
}

}  // namespace

TEST_CASE("a clip is uploaded as a form with its type", "[channels]") {
  net::FileSource file{"/var/clip.mp4", nullptr, 0, 1234};
  const auto upload = channel.uploadMedia(account(), {file, "video/mp4", "clip.mp4", ""});
  const auto request = as<net::HttpRequest>(upload->begin());
  CHECK(request.method == "POST");
  CHECK(request.url == "https://graph.example/v23.0/1055/media");
  const auto& parts = std::get<std::vector<net::MultipartPart>>(request.body);
  REQUIRE(parts.size() == 3);
  CHECK(std::get<std::string>(parts[0].content) == "whatsapp");
  CHECK(std::get<std::string>(parts[1].content) == "video/mp4");
  CHECK(parts[2].contentType == "video/mp4");
  CHECK(std::get<net::FileSource>(parts[2].content).size == 1234);
  const auto check = as<net::HttpRequest>(upload->next(answer(200, R"({"id":"9001"})")));
  CHECK(check.method == "GET");
  CHECK(check.url == "https://graph.example/v23.0/9001?phone_number_id=1055");
  CHECK(as<std::string>(upload->next(answer(200, R"({"id":"9001","file_size":"1234"})"))) ==
        "9001");
}

TEST_CASE("an upload counts when the provider has the same bytes", "[channels]") {
  const std::string hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const auto ends = [&](const std::string& confirmation) {
    MediaFile media{{"/clip.mp4", nullptr, 0, 3}, "video/mp4", "clip.mp4", hex};
    const auto upload = channel.uploadMedia(account(), media);
    upload->begin();
    upload->next(answer(200, R"({"id":"9001"})"));
    return std::holds_alternative<std::string>(upload->next(answer(200, confirmation)));
  };
  CHECK(ends(R"({"id":"9001","file_size":"3","sha256":")" + hex + "\"}"));
  CHECK(ends(
      R"({"id":"9001","file_size":3,"sha256":"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="})"));
  CHECK(ends(R"({"id":"9001"})"));
  CHECK_FALSE(ends(R"({"id":"9001","file_size":"2"})"));
  CHECK_FALSE(ends(R"({"id":"9001","sha256":"00"})"));
  CHECK_FALSE(ends("{}"));
}

TEST_CASE("an upload that fails says whether another try can help", "[channels]") {
  const auto failed = [](const net::HttpResponse& response) {
    const auto upload = channel.uploadMedia(account(), {});
    upload->begin();
    return as<ExchangeFailure>(upload->next(response));
  };
  CHECK_FALSE(failed(answer(400, R"({"error":{"code":131053,"message":"x"}})")).temporary);
  CHECK(failed(answer(400, R"({"error":{"code":130429,"message":"x"}})")).temporary);
  CHECK(failed(answer(401, R"({"error":{"code":190,"message":"x"}})")).reaction == Reaction::auth);
  CHECK(failed(answer(200, "{}")).temporary);
  CHECK(failed(answer(503, "<html>")).temporary);
  net::HttpResponse lost = answer(0, "");
  lost.failure = net::TransportFailure{net::TransportFailure::Kind::lost, "reset"};
  CHECK(failed(lost).temporary);
}

TEST_CASE("templates are read page by page", "[channels]") {
  const auto pages = channel.listTemplates(account());
  const auto first = as<net::HttpRequest>(pages->begin());
  CHECK(first.url.starts_with("https://graph.example/v23.0/2066/message_templates?fields="));
  const auto second = as<net::HttpRequest>(pages->next(answer(200, R"({
    "data":[{"id":"1","name":"clip","language":"de","status":"APPROVED","category":"MARKETING",
      "parameter_format":"NAMED","quality_score":{"score":"GREEN"},"rejected_reason":"NONE",
      "components":[{"type":"HEADER","format":"VIDEO"},{"type":"BODY","text":"Hallo {{first_name}}."},
        {"type":"FOOTER","text":"Ende"},
        {"type":"BUTTONS","buttons":[{"type":"URL","text":"Ansehen","url":"https://w/{{1}}"},
                                     {"type":"QUICK_REPLY","text":"Abmelden"}]}]},
      {"name":"without id"}, 7],
    "paging":{"cursors":{"before":"a","after":"b&c"},"next":"https://evil.example/x"}})")));
  CHECK(second.url.starts_with("https://graph.example/"));
  CHECK(second.url.ends_with("&after=b%26c"));
  const auto all = as<std::vector<Template>>(pages->next(answer(200, R"({
    "data":[{"id":2,"name":"plain","language":"en_US","status":"pending","components":[
      {"type":"body","text":"Hi {{1}}"}]}],
    "paging":{"cursors":{"before":"x","after":"y"}}})")));
  REQUIRE(all.size() == 2);
  CHECK(all[0].headerFormat == "VIDEO");
  CHECK(all[0].namedParameters);
  CHECK(all[0].bodyParameters() == std::vector<std::string>{"first_name"});
  CHECK(all[0].buttons.size() == 2);
  CHECK(all[0].buttons[0].needsUrlSuffix());
  CHECK(all[0].quality == "GREEN");
  CHECK(all[0].rejectedReason.empty());
  CHECK(all[1].id == "2");
  CHECK(all[1].status == "PENDING");
  CHECK_FALSE(all[1].namedParameters);
}

TEST_CASE("a list of templates that runs in a circle ends", "[channels]") {
  const auto pages = channel.listTemplates(account());
  auto step = pages->begin();
  int requests = 0;
  const bool circle = GENERATE(true, false);
  while (std::holds_alternative<net::HttpRequest>(step)) {
    REQUIRE(++requests <= 200);
    const std::string cursor = circle ? "same" : std::to_string(requests);
    step = pages->next(answer(
        200, R"({"data":[],"paging":{"next":"x","cursors":{"after":")" + cursor + R"("}}})"));
  }
  CHECK(as<ExchangeFailure>(step).temporary);
}

TEST_CASE("the fields of a number are read", "[channels]") {
  const auto number = channel.readNumber(account());
  CHECK(as<net::HttpRequest>(number->begin())
            .url.starts_with("https://graph.example/v23.0/1055?fields="));
  const auto info = as<NumberInfo>(number->next(answer(200, R"({"id":"1055",
    "display_phone_number":"+49 30 123456","verified_name":"Muster","quality_rating":"GREEN",
    "throughput":{"level":"STANDARD"},"whatsapp_business_manager_messaging_limit":"TIER_2K"})")));
  CHECK(info.displayNumber == "+49 30 123456");
  CHECK(info.throughput == "STANDARD");
  CHECK(info.messagingLimit == "TIER_2K");
  CHECK(as<ExchangeFailure>(number->next(answer(400, R"({"error":{"code":33,"message":"gone"}})")))
            .reaction == Reaction::number);
}
