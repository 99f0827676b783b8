#pragma once

#include <optional>

#include "transcoder/profile.h"
#include "transcoder/report.h"

namespace clipcourier::transcoder {

// How hard the pictures are, found out by looking at some: see RateModel.
using Complexity = std::optional<double>;

// How a clip is made: decided before the first frame is encoded. Pure; no libav.
struct Plan {
  int width = 0, height = 0;  // even, as seen
  Fraction frameRate;
  double crf = 0;
  // What the budget is likely to leave of it, by estimate; after an encode what it left. Never
  // below crf.
  double expectedCrf = 0;
  int maxKbps = 0;     // of the video, averaged over the buffer
  int bufferKbit = 0;  // the encoder's VBV
  int audioKbps = 0;   // 0: no audio
  int audioChannels = 0, audioSampleRate = 0;
  std::int64_t slots = 0;  // frames of the clip
  Complexity complexity;   // that it was made with; after an encode what was found out
  friend bool operator==(const Plan&, const Plan&) = default;
};

// The best clip that cannot pass the byte target: by preference of full size, then fewer pictures
// than 30 per second never before half of the size is given up. `source` as the edits leave it
// (shown size), `durationUs` what the clip will have; an animation takes its excerpt of that.
//
// Throws Refused: input.too_long (with choices) when the profile's length or its quality floor is
// passed; rendition.not_needed when a smaller rendition shows all the source has.
Plan plan(const Profile& profile, const Probe& source, std::int64_t durationUs,
          Complexity complexity = std::nullopt);

// The longest clip that plan() does not refuse, in whole seconds; 0 when there is none.
int longestSeconds(const Profile& profile, const Probe& source,
                   Complexity complexity = std::nullopt);

// The plan after an encode by it, whose clip has `bytes` and took the rate factor `crf` on average:
// with what that left and found out.
Plan encoded(const Plan& plan, const Probe& source, std::uint64_t bytes, double crf);

// The same with the video's bits cut down after a clip came out at `bytes`.
Plan tighter(const Plan& plan, const Profile& profile, std::uint64_t bytes);

// Constant rate of the clip: the source's own, or an even part of it, never above the profile's.
Fraction clipRate(Fraction source, bool constant, int maxFps);

}  // namespace clipcourier::transcoder
