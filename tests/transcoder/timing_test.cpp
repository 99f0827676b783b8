#include <array>

#include "support/catch.h"
#include "transcoder/worker/display_matrix.h"
#include "transcoder/worker/frame_rate.h"
#include "transcoder/worker/scan.h"
#include "transcoder/worker/timeline.h"

using namespace clipcourier::transcoder;

TEST_CASE("steady timestamps are left alone", "[transcoder]") {
  Timeline timeline(true);
  for (std::int64_t us = 5'000'000; us < 9'000'000; us += 40'000)
    CHECK(timeline.shift(0, us, 40'000) == 0);
  CHECK(timeline.jumps() == 0);
}

TEST_CASE("a jump of the clock is taken out, for picture and sound by the same amount",
          "[transcoder]") {
  Timeline timeline(true);
  timeline.shift(0, 1'000'000, 40'000);
  timeline.shift(1, 1'010'000, 20'000);
  const std::int64_t video = timeline.shift(0, 90'000'000'000, 40'000);
  CHECK(video == 1'040'000 - 90'000'000'000);
  CHECK(timeline.shift(1, 90'000'100'000, 20'000) == video);
  CHECK(timeline.shift(0, 90'000'040'000, 40'000) == video);
}

TEST_CASE("a clock that falls back is taken on, a pause of a screen recording stays",
          "[transcoder]") {
  Timeline timeline(false);
  timeline.shift(0, 100'000'000, 40'000);
  CHECK(timeline.shift(0, 0, 40'000) == 100'040'000);
  Timeline recording(false);
  recording.shift(0, 0, 40'000);
  CHECK(recording.shift(0, 20'000'000, 40'000) == 0);
}

TEST_CASE("sound whose clock stands still follows itself, a gap in it stays", "[transcoder]") {
  SoundCount count;
  CHECK(count.shift(5, 1) == 0);
  CHECK(count.shift(5, 1) == 1);
  CHECK(count.shift(5, 1) == 2);
  CHECK(count.shift(6, 1) == 2);
  CHECK(count.shift(6, 1) == 3);
  CHECK(count.stoodStill());
  CHECK(count.shift(20, 1) == 3);
}

TEST_CASE("sound whose clock moves is left alone, overlaps too", "[transcoder]") {
  SoundCount count;
  for (const std::int64_t time : {0, 10, 19, 30, 25, 40}) CHECK(count.shift(time, 10) == 0);
  CHECK(count.shift(41, 0) == 0);
  CHECK(count.shift(41, 0) == 0);  // says nothing: it may be short
  CHECK_FALSE(count.stoodStill());
}

TEST_CASE("frame rates are recognised through rounding and jitter", "[transcoder]") {
  const auto times = [](double fps, double jitter) {
    std::vector<std::int64_t> result;
    for (int i = 0; i < 200; ++i)
      result.push_back(static_cast<std::int64_t>(i * 1e6 / fps + (i % 2 ? jitter : 0)));
    return result;
  };
  CHECK(rateOf(times(24000 / 1001.0, 0), {1, 1}).perSecond == Fraction{24000, 1001});
  CHECK(rateOf(times(30, 900), {1, 1}).perSecond == Fraction{30, 1});
  CHECK(rateOf(times(25, 0), {1, 1}).constant);
  CHECK_FALSE(rateOf(times(25, 15'000), {1, 1}).constant);
  CHECK(rateOf({0, 40'000}, {25, 1}).perSecond == Fraction{25, 1});
}

namespace {

// Feeds pictures at these times and answers how often each was shown.
std::vector<std::int64_t> shown(FrameRate& rate, const std::vector<std::int64_t>& timesMs,
                                std::int64_t untilSlot) {
  std::vector<std::int64_t> counts(timesMs.size(), 0);
  const auto out = [&](const AVFrame& frame, std::int64_t slots) {
    counts[static_cast<std::size_t>(frame.width)] += slots;
  };
  for (std::size_t i = 0; i < timesMs.size(); ++i) {
    Frame frame = newFrame();
    frame->width = static_cast<int>(i);  // a mark; there are no pixels
    rate.feed(std::move(frame), timesMs[i] * 1000, out);
  }
  rate.drain(untilSlot, out);
  return counts;
}

using Counts = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a constant source keeps each of its pictures once, the last too", "[transcoder]") {
  FrameRate rate({25, 1}, 1'000'000, 5);
  CHECK(shown(rate, {1000, 1040, 1080, 1120, 1160}, 5) == Counts{1, 1, 1, 1, 1});
  CHECK(rate.filled() == 5);
}

TEST_CASE("gaps are filled with the picture before, surplus pictures are dropped", "[transcoder]") {
  FrameRate gaps({10, 1}, 0, 10);
  CHECK(shown(gaps, {0, 100, 500}, 10) == Counts{1, 4, 5});
  FrameRate halved({25, 1}, 0, 3);
  CHECK(shown(halved, {0, 20, 40, 60, 80, 100}, 3) == Counts{1, 0, 1, 0, 1, 0});
}

TEST_CASE("pictures before the start or out of order are not shown late", "[transcoder]") {
  FrameRate rate({10, 1}, 1'000'000, 3);
  CHECK(shown(rate, {500, 1000, 900, 1100}, 3) == Counts{0, 1, 0, 2});
}

TEST_CASE("the end is not filled past what is asked for", "[transcoder]") {
  FrameRate rate({10, 1}, 0, 100);
  CHECK(shown(rate, {0, 100}, 5) == Counts{1, 4});
  CHECK(rate.filled() == 5);
}

TEST_CASE("all turns and mirrorings of a display matrix are understood", "[transcoder]") {
  const auto matrix = [](int a, int b, int c, int d) {
    const int one = 0x10000;
    std::array<std::int32_t, 9> m{a * one, b * one, 0, c * one, d * one, 0, 0, 0, 0x40000000};
    return orientationOf(m.data());
  };
  CHECK(matrix(1, 0, 0, 1) == Orientation{0, false});
  CHECK(matrix(0, 1, -1, 0) == Orientation{90, false});
  CHECK(matrix(-1, 0, 0, -1) == Orientation{180, false});
  CHECK(matrix(0, -1, 1, 0) == Orientation{270, false});
  CHECK(matrix(-1, 0, 0, 1) == Orientation{0, true});
  CHECK(matrix(1, 0, 0, -1) == Orientation{180, true});
  CHECK(matrix(0, 1, 1, 0) == Orientation{270, true});
  CHECK(matrix(0, -1, -1, 0) == Orientation{90, true});
  CHECK(matrix(0, 0, 0, 0) == Orientation{});
}
