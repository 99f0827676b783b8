#pragma once

#include <optional>

#include "transcoder/worker/clip_maker.h"

namespace clipcourier::transcoder {

// Takes the source's own pictures over, when they seem to be what the wish wants: nothing is
// encoded but sound of another kind. All metadata stays behind, in the stream too. None when the
// source is of another kind; what was written must then be forgotten. Whether the clip really
// conforms says its proof. Throws Error.
std::optional<Made> passThrough(int sourceFd, const Source& source, const ClipWish& wish);

}  // namespace clipcourier::transcoder
