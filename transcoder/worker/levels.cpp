#include "transcoder/worker/levels.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace clipcourier::transcoder {
namespace {

constexpr LevelLimits kLevels[] = {{10, 99, 1'485, 396, 64, 175},
                                   {11, 396, 3'000, 900, 192, 500},
                                   {12, 396, 6'000, 2'376, 384, 1'000},
                                   {13, 396, 11'880, 2'376, 768, 2'000},
                                   {20, 396, 11'880, 2'376, 2'000, 2'000},
                                   {21, 792, 19'800, 4'752, 4'000, 4'000},
                                   {22, 1'620, 20'250, 8'100, 4'000, 4'000},
                                   {30, 1'620, 40'500, 8'100, 10'000, 10'000},
                                   {31, 3'600, 108'000, 18'000, 14'000, 14'000},
                                   {32, 5'120, 216'000, 20'480, 20'000, 20'000},
                                   {40, 8'192, 245'760, 32'768, 20'000, 25'000},
                                   {41, 8'192, 245'760, 32'768, 50'000, 62'500},
                                   {42, 8'704, 522'240, 34'816, 50'000, 62'500},
                                   {50, 22'080, 589'824, 110'400, 135'000, 135'000},
                                   {51, 36'864, 983'040, 184'320, 240'000, 240'000},
                                   {52, 36'864, 2'073'600, 184'320, 240'000, 240'000}};

int macroblocksOf(int width, int height) { return ((width + 15) / 16) * ((height + 15) / 16); }

}  // namespace

bool LevelLimits::allows(int width, int height, double fps) const {
  const int blocks = macroblocksOf(width, height);
  // A side may be at most the root of eight times the macroblocks.
  const double longest = std::sqrt(8.0 * macroblocks);
  return blocks <= macroblocks && blocks * fps <= macroblocksPerSecond &&
         std::max(width, height) <= longest * 16;
}

LevelLimits levelLimits(int level) {
  LevelLimits limits = kLevels[0];
  for (const LevelLimits& each : kLevels)
    if (each.level <= level) limits = each;
  return limits;
}

int lowestLevel(int width, int height, double fps, int kbps, int held) {
  for (const LevelLimits& each : kLevels)
    if (each.allows(width, height, fps) && kbps <= each.maxKbps &&
        macroblocksOf(width, height) * held <= each.heldMacroblocks)
      return each.level;
  return std::end(kLevels)[-1].level;
}

}  // namespace clipcourier::transcoder
