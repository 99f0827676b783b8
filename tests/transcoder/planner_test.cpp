#include "transcoder/worker/planner.h"

#include "support/catch.h"
#include "transcoder/files.h"

using namespace clipcourier::transcoder;

namespace {

Probe source(int width, int height, Fraction rate = {30, 1}, bool audio = true) {
  Probe probe;
  probe.video.width = width;
  probe.video.height = height;
  probe.video.frameRate = rate;
  if (audio) probe.audio = Probe::Audio{"aac", 2, 48'000, "stereo", 128};
  return probe;
}

constexpr std::int64_t kSecond = 1'000'000;

}  // namespace

TEST_CASE("a clip is at most 1280 long, even, of the source's shape and never larger",
          "[transcoder]") {
  struct Size {
    int width, height;
  };
  const auto [from, to] = GENERATE(table<Size, Size>({{{1920, 1080}, {1280, 720}},
                                                      {{1080, 1920}, {720, 1280}},
                                                      {{1280, 720}, {1280, 720}},
                                                      {{640, 360}, {640, 360}},
                                                      {{161, 121}, {160, 120}},
                                                      {{7680, 4320}, {1280, 720}},
                                                      {{2, 2}, {2, 2}},
                                                      {{16, 4000}, {4, 1280}}}));
  const Plan made = plan(whatsapp(), source(from.width, from.height), 10 * kSecond);
  CHECK(made.width == to.width);
  CHECK(made.height == to.height);
}

TEST_CASE("the frame rate is the source's or an even part of it", "[transcoder]") {
  CHECK(clipRate({24, 1}, true, 30) == Fraction{24, 1});
  CHECK(clipRate({25, 1}, true, 30) == Fraction{25, 1});
  CHECK(clipRate({30000, 1001}, true, 30) == Fraction{30000, 1001});
  CHECK(clipRate({50, 1}, true, 30).value() == Approx(25));
  CHECK(clipRate({60000, 1001}, true, 30).value() == Approx(29.97).epsilon(0.001));
  CHECK(clipRate({120, 1}, true, 30).value() == Approx(30));
  CHECK(clipRate({90, 1}, true, 30).value() == Approx(30));
  CHECK(clipRate({7, 1}, false, 30) == Fraction{30, 1});
  CHECK(clipRate({2, 1}, true, 30).value() >= 5);
}

TEST_CASE("no plan can pass the byte target, however long or large the source", "[transcoder]") {
  const Profile profile = whatsapp();
  for (const int seconds : {1, 5, 30, 60, 120, 300, 599})
    for (const bool audio : {true, false})
      for (const int height : {90, 360, 720, 2160}) {
        const Plan made =
            plan(profile, source(height * 16 / 9, height, {30, 1}, audio), seconds * kSecond);
        CAPTURE(seconds, audio, height, made.maxKbps, made.bufferKbit, made.audioKbps);
        const double kbit =
            (made.maxKbps + made.audioKbps) * static_cast<double>(seconds) + made.bufferKbit;
        CHECK(kbit * 1000 / 8 <= static_cast<double>(profile.target.bytes));
        CHECK(made.audioKbps <= profile.audio.maxKbps);
        CHECK((made.audioKbps > 0) == audio);
        CHECK(made.slots == seconds * 30);
      }
}

TEST_CASE("a longer source never gets more bits per second nor a larger picture", "[transcoder]") {
  Plan before = plan(whatsapp(), source(1920, 1080), 1 * kSecond);
  for (int seconds = 2; seconds <= 600; seconds += 7) {
    const Plan made = plan(whatsapp(), source(1920, 1080), seconds * kSecond);
    CAPTURE(seconds);
    CHECK(made.maxKbps <= before.maxKbps);
    CHECK(made.width <= before.width);
    before = made;
  }
  CHECK(before.width >= 320);
}

TEST_CASE("a long source that needs few bits keeps its size", "[transcoder]") {
  Probe easy = source(1280, 720);
  CHECK(plan(whatsapp(), easy, 590 * kSecond).width < 1280);
  easy.video.kbps = 60;
  CHECK(plan(whatsapp(), easy, 590 * kSecond).width == 1280);
}

TEST_CASE("a clip that came out too large is planned tighter", "[transcoder]") {
  const Plan first = plan(whatsapp(), source(1280, 720), 120 * kSecond);
  const Plan second = tighter(first, whatsapp(), 17'000'000);
  CHECK(second.maxKbps < first.maxKbps);
  CHECK(second.width == first.width);
}
