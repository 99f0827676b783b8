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
  report.poster = {1280, 720, 50'000, "cd", 1'500};
  return report;
}

}  // namespace

TEST_CASE("a report survives JSON, with and without sound", "[transcoder]") {
  Report report = sample();
  CHECK(nlohmann::json(report).get<Report>() == report);
  report.source.audio.reset();
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
  const Refusal refusal{"input.empty", {"leer", "empty"}, {"neu", "again"}};
  CHECK(std::get<Report>(parseAnswer(toLine(Answer(sample())))) == sample());
  CHECK(std::get<Refusal>(parseAnswer(toLine(Answer(refusal)))) == refusal);
  CHECK(std::get<Probe>(parseAnswer(toLine(Answer(sample().source)))) == sample().source);
  CHECK(std::get<Failure>(parseAnswer(toLine(Answer(Failure{"memory", "none"})))).code == "memory");
  CHECK(std::get<Progress>(parseAnswer(toLine(Answer(Progress{7, "encode", {}})))).percent == 7);
}

TEST_CASE("an answer that is none is an error and no crash", "[transcoder]") {
  const auto* line =
      GENERATE("", "{", "[]", "7", "{}", R"({"report":{}})", R"({"progress":[1]})",
               R"({"refused":{"code":7}})", R"({"probe":{"video":{"frame_rate":"x"}}})");
  CAPTURE(line);
  CHECK_THROWS_AS(parseAnswer(line), Error);
}

TEST_CASE("a request is understood again and a broken one refused", "[transcoder]") {
  CHECK_FALSE(parseRequest(toLine(Request{})).profile);
  CHECK_THROWS_AS(parseRequest(R"({"version":2,"profile":null})"), Error);
  CHECK_THROWS_AS(parseRequest("nonsense"), Error);
}
