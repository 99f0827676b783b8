#pragma once

namespace clipcourier::transcoder {

// What an H.264 level allows (table A-1), for the Main profile; High may have a quarter more bits.
struct LevelLimits {
  int level = 0;        // 40 is 4.0
  int macroblocks = 0;  // of a picture
  int macroblocksPerSecond = 0;
  int heldMacroblocks = 0;  // of all pictures that a decoder holds
  int maxKbps = 0, bufferKbit = 0;
  bool allows(int width, int height, double fps) const;
};

LevelLimits levelLimits(int level);  // unknown ones count as the next lower

// The lowest level for such pictures, `held` of them held at a time; the highest there is when none
// is enough.
int lowestLevel(int width, int height, double fps, int kbps, int held);

}  // namespace clipcourier::transcoder
