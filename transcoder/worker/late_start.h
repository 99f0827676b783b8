#pragma once

#include <optional>

#include "transcoder/worker/examine.h"

namespace clipcourier::transcoder {

struct LateStart {
  std::int64_t seekUs = 0;  // to be asked for
  std::int64_t keyUs = 0;   // the first picture to be decoded
};

// Where to begin reading for a clip that begins at `startUs`: near enough before it, and after
// the seek the sound comes early enough too, if there is any. None when the source is better read
// from its beginning: it is not far, the clock jumps, or the container does not seek well.
std::optional<LateStart> lateStart(int fd, const Source& source, std::int64_t startUs, bool sound);

}  // namespace clipcourier::transcoder
