#pragma once

#include <optional>

#include "transcoder/edits.h"
#include "transcoder/report.h"
#include "transcoder/worker/loudness.h"
#include "transcoder/worker/sound_shape.h"

namespace clipcourier::transcoder {

inline constexpr double kTargetLufs = -16, kMaxTruePeakDb = -1.5;

// Decodes a source's sound between two moments, mixes it to `channels` as a clip does, shapes it,
// and measures it. Pictures are not decoded. Nothing but silence when it has no sound.
Loudness surveySound(int sourceFd, std::int64_t startUs, std::int64_t endUs, int channels,
                     const SoundShape& shape);

// How a clip's sound reaches the loudness people expect.
struct LoudnessPlan {
  SoundShape shape;
  std::optional<double> lufs;  // what the clip will have; none: left as it was
  std::optional<Notice> notice;
};

// One gain for all; where that would pass the highest peak allowed, those moments are held down.
// Silence is not made noise of, and what is very quiet is lifted by at most 20 dB. Decodes the
// sound once, or once more when moments are held down.
LoudnessPlan planLoudness(int sourceFd, std::int64_t startUs, std::int64_t endUs, int channels,
                          const Edits& edits);

}  // namespace clipcourier::transcoder
