#include "transcoder/worker/levels.h"

#include "support/catch.h"
#include "transcoder/files.h"
#include "transcoder/worker/x264_encoder.h"

using namespace clipcourier::transcoder;

namespace {

// What stands in the stream that x264 makes.
int levelInStream(int width, int height, int fps, int kbps) {
  Profile profile = whatsapp();
  profile.video.maxLevel = 52;
  Plan plan;
  plan.width = width;
  plan.height = height;
  plan.frameRate = {fps, 1};
  plan.crf = 23;
  plan.maxKbps = kbps;
  plan.bufferKbit = kbps;
  return X264Encoder(plan, profile).parameters().level;
}

}  // namespace

TEST_CASE("the lowest level is the one that size, rate, bits and held pictures need",
          "[transcoder]") {
  CHECK(lowestLevel(176, 144, 15, 60, 1) == 10);
  CHECK(lowestLevel(1280, 720, 30, 5'000, 4) == 31);
  CHECK(lowestLevel(1280, 720, 30, 5'000, 6) == 40);
  CHECK(lowestLevel(1280, 720, 60, 5'000, 4) == 32);
  CHECK(lowestLevel(1920, 1080, 30, 20'000, 4) == 40);
  CHECK(lowestLevel(1920, 1080, 30, 20'001, 4) == 41);
  CHECK(lowestLevel(1920, 1080, 60, 20'000, 4) == 42);
  CHECK(lowestLevel(3840, 2160, 30, 20'000, 4) == 51);
  CHECK(lowestLevel(3840, 2160, 60, 20'000, 4) == 52);
  CHECK(lowestLevel(3840, 16, 30, 1'000, 1) == 40);  // a longer side than lower ones allow
  CHECK(lowestLevel(8192, 8192, 60, 900'000, 16) == 52);
}

TEST_CASE("a level that nothing is known of counts as the next lower", "[transcoder]") {
  CHECK(levelLimits(41).maxKbps == 50'000);
  CHECK(levelLimits(45).level == 42);
  CHECK(levelLimits(99).level == 52);
  CHECK(levelLimits(1).level == 10);
}

TEST_CASE("a clip names the lowest level that is enough for it", "[transcoder]") {
  CHECK(levelInStream(1280, 720, 25, 4'000) == 31);
  CHECK(levelInStream(1920, 1080, 30, 30'000) == 41);
  CHECK(levelInStream(3840, 2160, 30, 30'000) == 51);
}
