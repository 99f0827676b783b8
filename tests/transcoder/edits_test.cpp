#include "transcoder/edits.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;
using nlohmann::json;

namespace {

std::vector<ErrorDetail> mistakesIn(const json& edits) {
  try {
    parseEdits(edits);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalidInput);
    CHECK(error.code() == "edits.invalid");
    CHECK_FALSE(error.hint().empty());
    return error.details();
  }
  return {};
}

std::set<std::string> placesOf(const std::vector<ErrorDetail>& mistakes) {
  std::set<std::string> places;
  for (const auto& each : mistakes) places.insert(each.where);
  return places;
}

const char* const kEverything = R"({
  "trim_start_ms": 1500, "trim_end_ms": 9000, "trim_black": true, "trim_silence": true,
  "fit": {"shape": "9:16", "fill": "crop", "focus_x": 30, "focus_y": 70},
  "loudness": true, "fade_in_ms": 400, "fade_out_ms": 800,
  "logo": {"corner": "top-left", "width_percent": 20, "margin_percent": 3, "opacity_percent": 80},
  "captions": "webvtt", "background": "#00ff7f"})";

}  // namespace

TEST_CASE("no edits are an empty object, both ways", "[transcoder]") {
  CHECK(json(Edits{}).dump() == "{}");
  CHECK(parseEdits(json::object()) == Edits{});
  CHECK(parseEdits(json::parse(R"({"fit": null, "trim_end_ms": null})")) == Edits{});
}

TEST_CASE("every edit survives its way through JSON", "[transcoder]") {
  const Edits edits = parseEdits(json::parse(kEverything));
  CHECK(edits.trimStartMs == 1500);
  CHECK(edits.trimEndMs == 9000);
  CHECK(edits.trimBlack);
  CHECK(edits.fit == Edits::Fit{"9:16", "crop", 30, 70, 0});
  CHECK(edits.loudness);
  CHECK(edits.fadeInMs == 400);
  CHECK(edits.logo == Edits::Logo{"top-left", 20, 3, 80});
  CHECK(edits.captions == "webvtt");
  CHECK(edits.background == 0x00ff7fu);
  CHECK(json(edits).get<Edits>() == edits);
  CHECK(json(json(edits).get<Edits>()).dump() == json(edits).dump());
}

TEST_CASE("all mistakes of an edit are named at once", "[transcoder]") {
  const auto mistakes = mistakesIn(json::parse(R"({
    "trim_start_ms": 5000, "trim_end_ms": 4000, "trim_black": "yes", "fadeInMs": 3,
    "fit": {"fill": "stretch", "focus_x": 101}, "logo": {"corner": "middle", "size": 3},
    "fade_out_ms": 99999999999, "captions": "ass", "background": "green"})"));
  CHECK(placesOf(mistakes) == std::set<std::string>{"trim_end_ms", "trim_black", "fadeInMs",
                                                    "fit.shape", "fit.fill", "fit.focus_x",
                                                    "logo.corner", "logo.size", "fade_out_ms",
                                                    "captions", "background"});
  for (const auto& each : mistakes) {
    CAPTURE(each.where);
    CHECK(each.what.size() > 8);
    CHECK((each.code == "field.not_valid" || each.code == "field.unknown"));
  }
}

TEST_CASE("an edit that is no edit is refused", "[transcoder]") {
  const std::string text =
      GENERATE(as<std::string>{}, R"("fit")", "[]", "null", "7", "true", R"({"fit": []})",
               R"({"fit": "9:16"})", R"({"fit": {}})", R"({"logo": 1})", R"({"fit": {"shape": 9}})",
               R"({"trim_start_ms": -1})", R"({"trim_start_ms": 1.5})",
               R"({"trim_start_ms": 18446744073709551615})", R"({"trim_end_ms": "5"})",
               R"({"trim_end_ms": 0})", R"({"fade_in_ms": 1e3})", R"({"mute": 1})",
               R"({"background": "#12345"})", R"({"background": "#12345g"})",
               R"({"background": "+123456"})", R"({"": {}})");
  CAPTURE(text);
  CHECK_FALSE(mistakesIn(json::parse(text)).empty());
}

TEST_CASE("a hostile edit gets no endless answer", "[transcoder]") {
  json many = json::object();
  for (int i = 0; i < 5'000; ++i) many["field" + std::to_string(i) + std::string(500, 'x')] = i;
  const auto mistakes = mistakesIn(many);
  CHECK(mistakes.size() <= 50);
  for (const auto& each : mistakes) CHECK(each.where.size() <= 64);
}

TEST_CASE("wishes without an effect are left out of the canonical form", "[transcoder]") {
  Edits edits = parseEdits(json::parse(
      R"({"mute": true, "loudness": true,
          "fit": {"shape": "1:1", "fill": "blur", "focus_x": 10, "colour": "#ff0000"}})"));
  CHECK_FALSE(edits.loudness);
  CHECK(edits.fit == Edits::Fit{"1:1", "blur", 50, 50, 0});
}

TEST_CASE("colours and shapes are read and written", "[transcoder]") {
  CHECK(parseColour("#0A0b0C") == 0x0a0b0cu);
  CHECK(colourText(0x0a0b0c) == "#0a0b0c");
  CHECK_FALSE(parseColour("0a0b0c"));
  CHECK_FALSE(parseColour("#-12345"));
  REQUIRE(parseShape("4:5"));
  CHECK(parseShape("4:5")->down == 5);
  CHECK_FALSE(parseShape("5:4"));
}
