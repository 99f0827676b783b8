#pragma once

#include "transcoder/profile.h"
#include "transcoder/report.h"

namespace clipcourier::transcoder {

// How a clip is made: decided before the first frame is encoded. Pure; no libav.
struct Plan {
  int width = 0, height = 0;  // even, as seen
  Fraction frameRate;
  int crf = 0;
  int maxKbps = 0;         // of the video, averaged over the buffer
  int bufferKbit = 0;      // the encoder's VBV
  int audioKbps = 0;       // 0: no audio
  std::int64_t slots = 0;  // frames of the clip
  friend bool operator==(const Plan&, const Plan&) = default;
};

// The best clip that cannot pass the byte target. `durationUs` is what the clip will have.
Plan plan(const Profile& profile, const Probe& source, std::int64_t durationUs);

// The same with the video's bits cut down after a clip came out at `bytes`.
Plan tighter(const Plan& plan, const Profile& profile, std::uint64_t bytes);

// Constant rate of the clip: the source's own, or an even part of it, never above the profile's.
Fraction clipRate(Fraction source, bool constant, int maxFps);

}  // namespace clipcourier::transcoder
