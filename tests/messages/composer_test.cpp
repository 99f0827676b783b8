#include "messages/composer.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "channels/opt_out.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::messages;

namespace {

channels::Template clipTemplate() {
  channels::Template text;
  text.name = "product_clip";
  text.language = "de";
  text.namedParameters = true;
  text.headerFormat = "VIDEO";
  text.bodyText = "Hallo {{first_name}}, hier ist {{product}} für Sie.";
  text.buttons = {{"URL", "Video ansehen", "https://shop.example/w/{{1}}"},
                  {"QUICK_REPLY", "Abmelden", ""}};
  return text;
}

Content contentWith(const char* variables) {
  return {"de", {1}, "abc", "product_clip", "de", parseVariables(nlohmann::json::parse(variables))};
}

}  // namespace

TEST_CASE("a template is filled for one customer", "[messages]") {
  const auto composed = compose(
      contentWith(R"({"first_name": {"field": "first_name"}, "product": {"text": "Modell 7"}})"),
      clipTemplate(), {"Jana  Weiß", "", {}}, "MEDIA", "TOKEN", {42});
  const auto& message = std::get<channels::OutboundMessage>(composed);
  CHECK(message.header->mediaId == "MEDIA");
  REQUIRE(message.body.size() == 2);
  CHECK(message.body[0].name == "first_name");
  CHECK(message.body[0].text == "Jana");
  REQUIRE(message.buttons.size() == 2);
  CHECK(message.buttons[0].value == "TOKEN");
  CHECK(message.buttons[1].index == 1);
  CHECK(channels::isStopPayload(message.buttons[1].value));
}

TEST_CASE("an empty field takes its fallback, and without one the message cannot be made",
          "[messages]") {
  const auto with = contentWith(
      R"({"first_name": {"field": "first_name", "fallback": "Kunde"}, "product": {"field": "attr.model"}})");
  const Recipient nameless{"", "", {{"model", "Modell 7"}}};
  const auto composed = compose(with, clipTemplate(), nameless, "M", "T", {1});
  CHECK(std::get<channels::OutboundMessage>(composed).body[0].text == "Kunde");
  const auto missing = compose(with, clipTemplate(), {"Jana", "", {}}, "M", "T", {1});
  CHECK(std::get<MissingVariable>(missing).name == "product");
}

TEST_CASE("variables that make no sense are refused by name", "[messages]") {
  for (const char* json :
       {R"([])", R"({"a": 1})", R"({"a": {}})", R"({"a": {"field": "password"}})",
        R"({"a": {"field": "name", "text": "x"}})", R"({"a": {"text": 5}})",
        R"({"a": {"text": "x", "extra": 1}})", R"({"a": {"field": "attr."}})"})
    CHECK_THROWS_AS(parseVariables(nlohmann::json::parse(json)), Error);
}

TEST_CASE("a customer gets the content of their language, else the fallback", "[messages]") {
  std::vector<Content> contents(2);
  contents[0].language = "de";
  contents[1].language = "en";
  CHECK(choose(contents, "en-GB", "de")->language == "en");
  CHECK(choose(contents, "fr", "de")->language == "de");
  CHECK(choose(contents, "", "en")->language == "en");
  CHECK(choose(contents, "fr", "it") == nullptr);
}
