#include "transcoder/worker/tone_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>

namespace clipcourier::transcoder {
namespace {

constexpr double kReferenceWhite = 203;           // cd/m²
constexpr double kPeak = 1000 / kReferenceWhite;  // of a nominal HLG screen, and most masters
constexpr double kKnee = 0.25;                    // below it light stays as it is
// Of the bending that keeps the hue. HLG is made so that it also looks right on screens that do not
// know it, which work on each colour alone.
constexpr double kHueSharePq = 0.5, kHueShareHlg = 0.2;
constexpr double kGamutKnee = 0.9;  // saturation above it is pressed together

using Matrix = std::array<std::array<double, 3>, 3>;

constexpr Matrix kFrom2020{{{1.660491, -0.587641, -0.072850},
                            {-0.124550, 1.132900, -0.008349},
                            {-0.018151, -0.100579, 1.118730}}};
constexpr Matrix kFromP3{
    {{1.224940, -0.224940, 0}, {-0.042057, 1.042057, 0}, {-0.019638, -0.078636, 1.098274}}};
constexpr Matrix kFrom709{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

const Matrix& to709(AVColorPrimaries primaries) {
  switch (primaries) {
    case AVCOL_PRI_BT2020: return kFrom2020;
    case AVCOL_PRI_SMPTE431:
    case AVCOL_PRI_SMPTE432: return kFromP3;
    default: return kFrom709;
  }
}

Rgb operator*(const Matrix& m, const Rgb& c) {
  return {m[0][0] * c.r + m[0][1] * c.g + m[0][2] * c.b,
          m[1][0] * c.r + m[1][1] * c.g + m[1][2] * c.b,
          m[2][0] * c.r + m[2][1] * c.g + m[2][2] * c.b};
}
Rgb operator*(const Rgb& c, double by) { return {c.r * by, c.g * by, c.b * by}; }
Rgb mix(const Rgb& a, const Rgb& b, double share) {
  return {a.r + (b.r - a.r) * share, a.g + (b.g - a.g) * share, a.b + (b.b - a.b) * share};
}

// SMPTE ST 2084, as a multiple of the reference white.
double pqLight(double signal) {
  constexpr double m1 = 2610.0 / 16384, m2 = 2523.0 / 32, c1 = 3424.0 / 4096, c2 = 2413.0 / 128,
                   c3 = 2392.0 / 128;
  const double p = std::pow(std::clamp(signal, 0.0, 1.0), 1 / m2);
  return std::pow(std::max(p - c1, 0.0) / (c2 - c3 * p), 1 / m1) * 10'000 / kReferenceWhite;
}

// ARIB STD-B67: light of the scene, 1 at the nominal peak.
double hlgScene(double signal) {
  constexpr double a = 0.17883277, b = 0.28466892, c = 0.55991073;
  const double s = std::max(signal, 0.0);
  return s <= 0.5 ? s * s / 3 : (std::exp((s - c) / a) + b) / 12;
}

// Light of the screen, as a multiple of the reference white. HLG's screen gamma (1.2 at
// 1000 cd/m²) works on the luminance, so that it changes no hue.
Rgb lightOf(const Rgb& signal, AVColorTransferCharacteristic transfer) {
  if (transfer == AVCOL_TRC_SMPTE2084)
    return {pqLight(signal.r), pqLight(signal.g), pqLight(signal.b)};
  const Rgb scene{hlgScene(signal.r), hlgScene(signal.g), hlgScene(signal.b)};
  const double luminance = 0.2627 * scene.r + 0.6780 * scene.g + 0.0593 * scene.b;
  return scene * (kPeak * std::pow(std::max(luminance, 1e-9), 0.2));
}

// Möbius curve: straight up to the knee, smooth from there, 1 at the peak.
double bend(double light) {
  constexpr double k = kKnee, p = kPeak;
  constexpr double a = -k * k * (p - 1) / (k * k - 2 * k + p);
  constexpr double b = (k * k - 2 * k * p + p) / (p - 1);
  constexpr double scale = (b * b + 2 * b * k + k * k) / (b - a);
  if (light <= k) return light;
  return std::min(1.0, scale * (light + a) / (light + b));
}

// How bright a colour is, close to its strongest part but without that one's edges.
double norm(const Rgb& c) {
  const double r = c.r * c.r, g = c.g * c.g, b = c.b * c.b;
  return (r * c.r + g * c.g + b * c.b) / std::max(r + g + b, 1e-12);
}

Rgb bend(const Rgb& light, double hueShare) {
  const Rgb each{bend(light.r), bend(light.g), bend(light.b)};
  const double bright = norm(light);
  return bright <= 0 ? each : mix(each, light * (bend(bright) / bright), hueShare);
}

// Brings a colour outside BT.709 in, towards the gray of its luminance.
Rgb fitGamut(const Rgb& c) {
  const double gray = 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
  if (gray <= 0) return {};
  if (gray >= 1) return {1, 1, 1};
  double keep = 1;
  const double below = 1 - std::min({c.r, c.g, c.b}) / gray;  // 1: a colour is used up
  if (below > kGamutKnee) {
    const double over = (below - kGamutKnee) / (1 - kGamutKnee);
    keep = (kGamutKnee + (1 - kGamutKnee) * over / (1 + over)) / below;
  }
  const double most = gray + (std::max({c.r, c.g, c.b}) - gray) * keep;
  if (most > 1) keep *= (1 - gray) / (most - gray);
  return mix({gray, gray, gray}, c, keep);
}

double screenSignal(double light) { return std::pow(std::clamp(light, 0.0, 1.0), 1 / 2.4); }

// R'G'B' of limited-range 10-bit Y'CbCr with BT.2020's matrix.
Rgb signalOf(int y, int cb, int cr) {
  constexpr double kr = 0.2627, kb = 0.0593, kg = 1 - kr - kb;
  const double luma = (y - 64) / 876.0, u = (cb - 512) / 896.0, v = (cr - 512) / 896.0;
  const double r = luma + 2 * (1 - kr) * v, b = luma + 2 * (1 - kb) * u;
  return {r, (luma - kr * r - kb * b) / kg, b};
}

constexpr int kLumaBits = 4, kChromaBits = 4;  // of ten lie between two nodes
constexpr int kUnitBits = std::max(kLumaBits, kChromaBits);
constexpr int kLumaNodes = (1024 >> kLumaBits) + 1, kChromaNodes = (1024 >> kChromaBits) + 1;
constexpr int kStepCb = kChromaNodes, kStepY = kChromaNodes * kChromaNodes;

constexpr float kDither[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};

const std::uint16_t* line(const AVFrame& frame, int plane, int row) {
  return reinterpret_cast<const std::uint16_t*>(
      frame.data[plane] + static_cast<std::ptrdiff_t>(row) * frame.linesize[plane]);
}

std::uint8_t* line(AVFrame& frame, int plane, int row) {
  return frame.data[plane] + static_cast<std::ptrdiff_t>(row) * frame.linesize[plane];
}

}  // namespace

Rgb toSdr(const Rgb& signal, AVColorTransferCharacteristic transfer, AVColorPrimaries primaries) {
  const double hueShare = transfer == AVCOL_TRC_SMPTE2084 ? kHueSharePq : kHueShareHlg;
  const Rgb light = fitGamut(to709(primaries) * bend(lightOf(signal, transfer), hueShare));
  return {screenSignal(light.r), screenSignal(light.g), screenSignal(light.b)};
}

ToneMapper::ToneMapper(AVColorTransferCharacteristic transfer, AVColorPrimaries primaries) {
  static std::mutex mutex;
  static std::map<std::pair<int, int>, std::shared_ptr<const Table>> tables;
  const std::lock_guard lock(mutex);
  auto& table = tables[{transfer, primaries}];
  if (!table) table = std::make_shared<const Table>(makeTable(transfer, primaries));
  table_ = table;
}

ToneMapper::Table ToneMapper::makeTable(AVColorTransferCharacteristic transfer,
                                        AVColorPrimaries primaries) {
  Table table;
  table.reserve(static_cast<std::size_t>(kLumaNodes) * kStepY);
  for (int y = 0; y < kLumaNodes; ++y)
    for (int cb = 0; cb < kChromaNodes; ++cb)
      for (int cr = 0; cr < kChromaNodes; ++cr) {
        const Rgb c = toSdr(signalOf(y << kLumaBits, cb << kChromaBits, cr << kChromaBits),
                            transfer, primaries);
        const double luma = 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
        table.push_back(Yuv{static_cast<float>(16 + 219 * luma),
                            static_cast<float>(128 + 224 * (c.b - luma) / 1.8556),
                            static_cast<float>(128 + 224 * (c.r - luma) / 1.5748), 0});
      }
  return table;
}

// Walks from the node below towards the one above along the axes, the one with the largest
// remainder first: four nodes instead of the eight of a cube, and grays stay gray.
ToneMapper::Yuv ToneMapper::lookUp(int y, int cb, int cr) const {
  const Yuv* node = &(*table_)[static_cast<std::size_t>(
      (y >> kLumaBits) * kStepY + (cb >> kChromaBits) * kStepCb + (cr >> kChromaBits))];
  int fy = (y & ((1 << kLumaBits) - 1)) << (kUnitBits - kLumaBits), sy = kStepY;
  int fu = (cb & ((1 << kChromaBits) - 1)) << (kUnitBits - kChromaBits), su = kStepCb;
  int fv = (cr & ((1 << kChromaBits) - 1)) << (kUnitBits - kChromaBits), sv = 1;
  const auto order = [](int& fa, int& sa, int& fb, int& sb) {
    const bool swap = fa < fb;
    const int f = swap ? fb : fa, s = swap ? sb : sa;
    fb = swap ? fa : fb;
    sb = swap ? sa : sb;
    fa = f;
    sa = s;
  };
  order(fy, sy, fu, su);
  order(fu, su, fv, sv);
  order(fy, sy, fu, su);
  constexpr float unit = 1.0F / (1 << kUnitBits);
  const auto weight = [](int count) {
    const float w = static_cast<float>(count) * unit;
    return Yuv{w, w, w, w};
  };
  return node[0] * weight((1 << kUnitBits) - fy) + node[sy] * weight(fy - fu) +
         node[sy + su] * weight(fu - fv) + node[sy + su + sv] * weight(fv);
}

// Two rows at a time, because they share one of chroma. Chroma sits on the left pixels (MPEG-2's
// place): half of it from there, a quarter from each neighbour.
void ToneMapper::mapRows(const AVFrame& from, AVFrame& to, int row) const {
  std::uint8_t* const cbOut = line(to, 1, row / 2);
  std::uint8_t* const crOut = line(to, 2, row / 2);
  Yuv before{}, left{};
  for (int x = 0; x < from.width; ++x) {
    Yuv both{};
    for (int i = 0; i < 2; ++i) {
      const auto at = static_cast<std::size_t>(x);
      const Yuv made = lookUp(line(from, 0, row + i)[at] & 1023, line(from, 1, row + i)[at] & 1023,
                              line(from, 2, row + i)[at] & 1023);
      const float dither = (kDither[(row + i) & 3][x & 3] + 0.5F) / 16;
      line(to, 0, row + i)[x] = static_cast<std::uint8_t>(made[0] + dither);
      both += made;
    }
    if (x % 2 == 0) {
      left = both;
      if (x == 0) before = both;
      continue;
    }
    const Yuv chroma = (before + left + left + both) * Yuv{0.125F, 0.125F, 0.125F, 0.125F};
    cbOut[x / 2] = static_cast<std::uint8_t>(chroma[1] + 0.5F);
    crOut[x / 2] = static_cast<std::uint8_t>(chroma[2] + 0.5F);
    before = both;
  }
}

Frame ToneMapper::map(const AVFrame& frame) const {
  Frame made = newFrame();
  made->format = AV_PIX_FMT_YUV420P;
  made->width = frame.width;
  made->height = frame.height;
  check(av_frame_get_buffer(made.get(), 0), "tone mapping");
  check(av_frame_copy_props(made.get(), &frame), "tone mapping");
  for (int row = 0; row + 1 < frame.height; row += 2) mapRows(frame, *made, row);
  made->colorspace = AVCOL_SPC_BT709;
  made->color_primaries = AVCOL_PRI_BT709;
  made->color_trc = AVCOL_TRC_BT709;
  made->color_range = AVCOL_RANGE_MPEG;
  made->chroma_location = AVCHROMA_LOC_LEFT;
  return made;
}

}  // namespace clipcourier::transcoder
