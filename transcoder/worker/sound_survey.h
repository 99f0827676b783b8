#pragma once

#include <optional>

#include "transcoder/edits.h"
#include "transcoder/report.h"
#include "transcoder/worker/loudness.h"
#include "transcoder/worker/sound_shape.h"

namespace clipcourier::transcoder {

inline constexpr double kTargetLufs = -16, kMaxTruePeakDb = -1.5;

// Decodes a source's sound between two moments, mixes it to `channels` as a clip does, shapes it,
// and measures it: as it goes into the encoder, or with `kbps` as it comes out of the encoded clip,
// which adds to peaks. Pictures are not decoded. Nothing but silence when it has no sound.
Loudness surveySound(int sourceFd, std::int64_t startUs, std::int64_t endUs, int channels,
                     const SoundShape& shape, int kbps = 0);

// How a clip's sound reaches the loudness people expect.
struct LoudnessPlan {
  SoundShape shape;
  std::optional<double> lufs;  // what the clip will have; none: left as it was
  std::optional<Notice> notice;
};

// One gain for all; where the clip would then pass the highest peak allowed, those moments are held
// down, as far as a trial encode demands. Silence is not made noise of, and what is very quiet is
// lifted by at most 20 dB. Decodes the sound up to five times, but once only without a wish.
LoudnessPlan planLoudness(int sourceFd, std::int64_t startUs, std::int64_t endUs, int channels,
                          int kbps, const Edits& edits);

}  // namespace clipcourier::transcoder
