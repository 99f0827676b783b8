#include "transcoder/worker/rate_control.h"

#include <cmath>
#include <deque>

#include "support/catch.h"

using namespace clipcourier::transcoder;

namespace {

Plan planFor(int kbps, int bufferKbit) {
  Plan plan;
  plan.width = 1280;
  plan.height = 720;
  plan.frameRate = {25, 1};
  plan.crf = 23;
  plan.maxKbps = kbps;
  plan.bufferKbit = bufferKbit;
  return plan;
}

// Pictures that need `kbps` at rate factor 23, half of it six above; a key picture each five
// seconds. Sizes are known five pictures late. Answers the bits that came out.
double encode(RateControl& control, double kbps, int pictures) {
  std::deque<std::size_t> late;
  double bits = 0;
  for (int i = 0; i < pictures; ++i) {
    const double weight = i % 125 == 0 ? 8 : 0.95;
    const double size = kbps * 1000 / 25 * weight * std::pow(2, (23 - control.crf()) / 6);
    bits += size;
    late.push_back(static_cast<std::size_t>(size / 8));
    if (late.size() <= 5) continue;
    control.add(late.front());
    late.pop_front();
  }
  return bits;
}

}  // namespace

TEST_CASE("content that needs less than its budget is left alone", "[transcoder]") {
  RateControl control(planFor(2'000, 4'000));
  const double bits = encode(control, 1'500, 1'000);
  CHECK(bits == Approx(1'500'000 * 40).epsilon(0.05));
  CHECK(control.starved() < 0.05);
  CHECK(control.crf() == Approx(23).margin(0.5));
}

TEST_CASE("hard content lands just under its budget", "[transcoder]") {
  const double times = GENERATE(1.5, 3.0, 8.0);
  const int seconds = GENERATE(20, 60, 300);
  CAPTURE(times, seconds);
  const Plan plan = planFor(2'000, 200 * seconds);
  RateControl control(plan);
  const double bits = encode(control, 2'000 * times, 25 * seconds);
  const double most = 1'000.0 * (plan.maxKbps * seconds + plan.bufferKbit);
  CHECK(bits < most);
  CHECK(bits > most * 0.85);
  CHECK(control.starved() > 2);
}

TEST_CASE("the rate factor does not swing", "[transcoder]") {
  RateControl control(planFor(1'000, GENERATE(300, 2'000, 10'000)));
  encode(control, 4'000, 2'000);
  double lowest = 100, highest = 0;
  for (int i = 0; i < 100; ++i) {
    encode(control, 4'000, 1);
    lowest = std::min(lowest, control.crf());
    highest = std::max(highest, control.crf());
  }
  CHECK(highest < 51);
  CHECK(lowest >= 23);
}
