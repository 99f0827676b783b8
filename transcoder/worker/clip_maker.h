#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "transcoder/edits.h"
#include "transcoder/profile.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/planner.h"
#include "transcoder/worker/sound_shape.h"
#include "transcoder/worker/stages.h"

namespace clipcourier::transcoder {

// One rendition to be made.
struct ClipWish {
  Profile profile;
  Plan plan;
  int fd = -1;
  std::int64_t startUs = 0;  // source time of the clip's first frame
  SoundShape sound{};
};

// What came of one encode.
struct Made {
  std::uint64_t bytes = 0;
  std::int64_t slots = 0;  // frames in the clip
  std::int64_t droppedFrames = 0, repeatedFrames = 0;
  std::optional<Quality> quality;
  double starved = 0;             // see X264Encoder::starved()
  std::int64_t pictureEndUs = 0;  // source time at which the last good picture ends
  bool deinterlaced = false;      // there were interlaced pictures, if only later on
  int damagedPictures = 0;
  std::int64_t firstDamageUs = -1;
  bool audioLost = false;  // the track could not be used
};

// Draws on finished pictures: captions, logo, fades.
struct Painter {
  // Up to which time of the clip (microseconds) it draws the same as at `us`.
  std::function<std::int64_t(std::int64_t us)> sameUntil;
  std::function<void(AVFrame& picture, std::int64_t us)> paint;
};

// What all renditions of one run share.
struct ClipRun {
  int sourceFd = -1;
  const Source& source;
  std::optional<Edits::Fit> fit{};
  std::uint32_t background = 0xffffff;  // 0xRRGGBB under a transparent source
  const Painter* painter = nullptr;
  std::function<void(double)> onShare{};  // 0..1 now and then
  // Sees every picture of the first clip, in the size of the largest, with the number of slots that
  // show it.
  std::function<void(const AVFrame& picture, std::int64_t slot, std::int64_t slots)> onPicture{};
  Stages* stages = nullptr;  // where the time goes; null: nobody asks
};

// Decodes, repairs, encodes and writes clips, once: one decode feeds all of them. Each has a thread
// and gets its pictures from the next larger one where both show the same ones, else from the
// largest. Callbacks come on the calling thread. The same source and plans give the same bytes.
// Throws Refused when no picture decodes, Error, std::bad_alloc; no thread is left then.
std::vector<Made> makeClips(const ClipRun& run, const std::vector<ClipWish>& wishes);

}  // namespace clipcourier::transcoder
