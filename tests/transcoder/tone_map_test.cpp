#include "transcoder/worker/tone_map.h"

#include <algorithm>
#include <cmath>

#include "support/catch.h"

using namespace clipcourier::transcoder;

namespace {

constexpr auto kHlg = AVCOL_TRC_ARIB_STD_B67;
constexpr auto kPq = AVCOL_TRC_SMPTE2084;

Rgb mapped(double r, double g, double b, AVColorTransferCharacteristic transfer = kHlg) {
  return toSdr({r, g, b}, transfer, AVCOL_PRI_BT2020);
}

double saturation(const Rgb& c) { return std::max({c.r, c.g, c.b}) - std::min({c.r, c.g, c.b}); }

double pqSignal(double nits) {
  const double p = std::pow(nits / 10'000, 2610.0 / 16384);
  return std::pow((3424.0 / 4096 + 2413.0 / 128 * p) / (1 + 2392.0 / 128 * p), 2523.0 / 32);
}

// A picture of one colour per pixel: every 7th luma, every 13th chroma value that R'G'B' can have.
Frame ramp() {
  Frame frame = newFrame();
  frame->format = AV_PIX_FMT_YUV444P10;
  frame->width = 256;
  frame->height = 256;
  check(av_frame_get_buffer(frame.get(), 0), "frame");
  for (int row = 0; row < 256; ++row)
    for (int x = 0; x < 256; ++x) {
      const auto put = [&](int plane, int value) {
        reinterpret_cast<std::uint16_t*>(frame->data[plane] + row * frame->linesize[plane])[x] =
            static_cast<std::uint16_t>(value);
      };
      // The 2x2 pixels that share their chroma, and their neighbours, are one colour.
      const int cell = (row / 16) * 16 + x / 16;
      put(0, 64 + cell * 876 / 255);
      put(1, 512 + (row / 16 - 8) * 9);
      put(2, 512 + (x / 16 - 8) * 9);
    }
  return frame;
}

}  // namespace

TEST_CASE("HDR's black, gray and white become SDR's, whatever the system", "[transcoder]") {
  CHECK(mapped(0, 0, 0).g == Approx(0).margin(0.001));
  CHECK(mapped(1, 1, 1).g == Approx(1).margin(0.01));
  // 203 cd/m², the white of a shirt, and the 26 of a gray card (BT.2408).
  CHECK(mapped(0.75, 0.75, 0.75).g == Approx(0.84).margin(0.01));
  CHECK(mapped(0.58, 0.58, 0.58, kPq).g == Approx(0.84).margin(0.01));
  CHECK(mapped(0.38, 0.38, 0.38).g == Approx(0.42).margin(0.02));
  CHECK(mapped(0.38, 0.38, 0.38, kPq).g == Approx(0.42).margin(0.02));
}

TEST_CASE("gray stays gray and brighter light is never darker", "[transcoder]") {
  const auto transfer = GENERATE(kHlg, kPq);
  double before = -1;
  for (int i = 0; i <= 100; ++i) {
    const Rgb c = mapped(i / 100.0, i / 100.0, i / 100.0, transfer);
    CHECK(saturation(c) < 0.002);
    CHECK(c.g >= before);
    before = c.g;
  }
}

TEST_CASE("a bright cloud gets no tint, and a deep blue sky stays blue", "[transcoder]") {
  const Rgb cloud = mapped(0.86, 0.87, 0.89);
  CHECK(saturation(cloud) < 0.06);
  const Rgb sky = mapped(0.45, 0.60, 0.80);
  CHECK(sky.b - sky.r > 0.15);
  CHECK(sky.b > sky.g);
}

TEST_CASE("skin keeps its hue", "[transcoder]") {
  // The light skin of colour charts, lit like a shirt at the reference white: linear BT.709 light
  // in BT.2020's primaries and PQ.
  const double r = 0.539, g = 0.305, b = 0.223;
  const Rgb skin = mapped(pqSignal(203 * (0.6274 * r + 0.3293 * g + 0.0433 * b)),
                          pqSignal(203 * (0.0691 * r + 0.9195 * g + 0.0114 * b)),
                          pqSignal(203 * (0.0164 * r + 0.0880 * g + 0.8956 * b)), kPq);
  const auto signal = [](double light) { return std::pow(light, 1 / 2.4); };
  const double hue = (signal(g) - signal(b)) / (signal(r) - signal(b));
  CHECK((skin.g - skin.b) / (skin.r - skin.b) == Approx(hue).margin(0.06));
  CHECK(skin.r == Approx(signal(r)).margin(0.08));
}

TEST_CASE("colours that BT.709 lacks stay within it", "[transcoder]") {
  for (const Rgb& c : {mapped(0.7, 0, 0), mapped(0, 0.7, 0), mapped(0, 0, 0.7), mapped(0, 0.9, 0.9),
                       mapped(1, 0, 1)}) {
    CHECK(std::min({c.r, c.g, c.b}) >= 0);
    CHECK(std::max({c.r, c.g, c.b}) <= 1);
    CHECK(saturation(c) > 0.3);
  }
}

TEST_CASE("the table gives what the formula gives", "[transcoder]") {
  const auto transfer = GENERATE(kHlg, kPq);
  CAPTURE(transfer);
  const Frame frame = ramp();
  const Frame made = ToneMapper(transfer, AVCOL_PRI_BT2020).map(*frame);
  REQUIRE(made->format == AV_PIX_FMT_YUV420P);
  double sum = 0, worstNatural = 0;
  int count = 0;
  for (int row = 8; row < 256; row += 16)
    for (int x = 8; x < 256; x += 16) {
      const auto in = [&](int plane) {
        return reinterpret_cast<const std::uint16_t*>(frame->data[plane] +
                                                      row * frame->linesize[plane])[x];
      };
      const double luma = (in(0) - 64) / 876.0;
      const double r = luma + 1.4746 * (in(2) - 512) / 896.0,
                   b = luma + 1.8814 * (in(1) - 512) / 896.0;
      const double g = (luma - 0.2627 * r - 0.0593 * b) / 0.678;
      if (std::min({r, g, b}) < 0 || std::max({r, g, b}) > 1) continue;
      const Rgb c = mapped(r, g, b, transfer);
      const double y = 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
      double is = 0;  // the dither's mean over its cell
      for (int i = 0; i < 16; ++i)
        is += made->data[0][(row - 2 + i / 4) * made->linesize[0] + x - 2 + i % 4] / 16.0;
      const auto chroma = [&](int plane) {
        return made->data[plane][row / 2 * made->linesize[plane] + x / 2];
      };
      const double off = std::max({std::abs(is - (16 + 219 * y)),
                                   std::abs(chroma(1) - (128 + 224 * (c.b - y) / 1.8556)),
                                   std::abs(chroma(2) - (128 + 224 * (c.r - y) / 1.5748))});
      sum += off;
      ++count;
      const bool natural = saturation(c) < 0.25 && std::max({c.r, c.g, c.b}) < 0.97;
      if (natural) worstNatural = std::max(worstNatural, off);
    }
  REQUIRE(count > 100);
  CHECK(sum / count < 0.7);  // rounding alone gives 0.4
  CHECK(worstNatural < 2.6);
}
