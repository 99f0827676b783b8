#pragma once

#include <optional>

#include "transcoder/worker/clip_maker.h"

namespace clipcourier::transcoder {

// Takes the source's own pictures over bit for bit, when they seem to be what the wish wants; only
// the sound is encoded. All metadata stays behind, in the streams too: nothing is left but slices
// and the one pair of parameter sets they use. None when the source is of another kind; what was
// written must then be forgotten. Whether the clip really conforms says its proof. Throws Error.
std::optional<Made> passThrough(int sourceFd, const Source& source, const ClipWish& wish);

}  // namespace clipcourier::transcoder
