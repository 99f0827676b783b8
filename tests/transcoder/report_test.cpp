#include "transcoder/report.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support/catch.h"
#include "transcoder/job.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

Report sample() {
  Report report;
  report.profile = "whatsapp";
  report.sha256 = "ab";
  report.bytes = 4'000'000'000;
  report.frameRate = {30000, 1001};
  report.claims = {{"video.codec", "h264", "h264", true}};
  report.repaired = {{"repair.rotated", {"Gedreht – äöü", "Rotated"}}};
  report.source.audio = Probe::Audio{"aac", 2, 48'000, "stereo", 128};
  report.quality = Quality{985'123, 41'250};
  report.edits.mute = true;
  report.advice = {{"advice.trim", {"Kürzen", "Trim"}}};
  return report;
}

}  // namespace

TEST_CASE("a report survives JSON, with and without sound", "[transcoder]") {
  Report report = sample();
  CHECK(nlohmann::json(report).get<Report>() == report);
  report.source.audio.reset();
  report.quality.reset();
  CHECK(nlohmann::json(report).get<Report>() == report);
}

TEST_CASE("the canonical bytes of a report stay the same when it was stored and read",
          "[transcoder]") {
  const std::string bytes = canonicalBytes(sample());
  CHECK(canonicalBytes(nlohmann::json::parse(bytes).get<Report>()) == bytes);
  CHECK(bytes.find("\"frame_rate\":\"30000/1001\"") != std::string::npos);
  Report changed = sample();
  changed.claims[0].passed = false;
  CHECK(canonicalBytes(changed) != bytes);
}

TEST_CASE("names in a source that are no UTF-8 do not break its report", "[transcoder]") {
  Report report = sample();
  report.source.container = "\xff\xfe";
  CHECK(nlohmann::json::parse(canonicalBytes(report)).is_object());
}

TEST_CASE("every kind of answer of the worker is understood again", "[transcoder]") {
  const Refusal refusal{"input.empty",
                        {"leer", "empty"},
                        {"neu", "again"},
                        {{"choice.trim", {"Kürzen", "Trim"}, 45'000}}};
  CHECK(std::get<Report>(parseAnswer(toLine(Answer(sample())))) == sample());
  CHECK(std::get<Refusal>(parseAnswer(toLine(Answer(refusal)))) == refusal);
  CHECK(std::get<Probe>(parseAnswer(toLine(Answer(sample().source)))) == sample().source);
  CHECK(std::get<Failure>(parseAnswer(toLine(Answer(Failure{"memory", "none"})))).code == "memory");
  Posters posters;
  posters.poster = {1280, 720, 50'000, "cd", 1'500};
  CHECK(std::get<Posters>(parseAnswer(toLine(Answer(posters)))) == posters);
  Extras extras;
  extras.storyboardVtt = "WEBVTT\n";
  CHECK(std::get<Extras>(parseAnswer(toLine(Answer(extras)))) == extras);
  const auto refused =
      std::get<RenditionRefused>(parseAnswer(toLine(Answer(RenditionRefused{"mms", refusal}))));
  CHECK(refused.profile == "mms");
  CHECK(refused.refusal == refusal);
  const auto served = std::get<RenditionServed>(
      parseAnswer(toLine(Answer(RenditionServed{"web-720", "whatsapp"}))));
  CHECK(served.profile == "web-720");
  CHECK(served.by == "whatsapp");
  CHECK(std::get<Progress>(parseAnswer(toLine(Answer(Progress{7, "encode", {}})))).percent == 7);
}

TEST_CASE("an answer that is none is an error and no crash", "[transcoder]") {
  const auto* line =
      GENERATE("", "{", "[]", "7", "{}", R"({"report":{}})", R"({"progress":[1]})",
               R"({"refused":{"code":7}})", R"({"probe":{"video":{"frame_rate":"x"}}})",
               R"({"progress":{"percent":1e40,"key":"","words":{"de":"","en":""}}})");
  CAPTURE(line);
  CHECK_THROWS_AS(parseAnswer(line), Error);
}

TEST_CASE("a request is understood again and a broken one refused", "[transcoder]") {
  CHECK_FALSE(parseRequest(toLine(Request{})).work);
  CHECK_THROWS_AS(parseRequest(R"({"version":1,"work":null})"), Error);
  CHECK_THROWS_AS(parseRequest("nonsense"), Error);
}

TEST_CASE("all that is wanted of a source survives the way to the worker", "[transcoder]") {
  const Profile whatsapp = builtInProfiles().at("whatsapp");
  Profile other = whatsapp;
  other.name = "other";
  Work work;
  work.inputs = {3, 4, 5, 6};
  work.edits.trimStartMs = 1'500;
  work.renditions = {{whatsapp, 7}, {other, 8}};
  work.pictures = {9, 10, 11, 12, {13, 14}, 15, 16};
  work.posterAtMs = 4'000;
  const Work again = parseRequest(toLine(Request{work})).work.value();
  CHECK(again.inputs.posterImage == 6);
  CHECK(again.edits == work.edits);
  REQUIRE(again.renditions.size() == 2);
  CHECK(again.renditions[1].profile == other);
  CHECK(again.renditions[1].clip == 8);
  CHECK(again.pictures.candidates == std::vector<int>{13, 14});
  CHECK(again.pictures.preview == 16);
  CHECK(again.posterAtMs == 4'000);
  std::vector<int> seen;
  eachDescriptor(work, [&](int& descriptor) { seen.push_back(descriptor); });
  CHECK(seen == std::vector<int>{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
}

TEST_CASE("a request that would write two things into one file is refused", "[transcoder]") {
  const Profile profile = builtInProfiles().at("whatsapp");
  Work work;
  work.renditions = {{profile, 4}};
  SECTION("twice the same profile") { work.renditions.push_back({profile, 5}); }
  SECTION("clip and poster") { work.pictures.poster = 4; }
  SECTION("the source") { work.renditions[0].clip = work.inputs.source; }
  SECTION("a clip without a file") { work.renditions[0].clip = -1; }
  SECTION("more renditions than anybody needs") {
    for (int i = 0; i < 40; ++i) {
      work.renditions.push_back({profile, 10 + i});
      work.renditions.back().profile.name += std::to_string(i);
    }
  }
  CHECK_THROWS_AS(parseRequest(toLine(Request{work})), Error);
}
