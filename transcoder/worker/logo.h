#pragma once

#include "transcoder/edits.h"
#include "transcoder/worker/blend.h"

namespace clipcourier::transcoder {

inline constexpr std::uint64_t kMaxLogoBytes = 10'000'000;
inline constexpr std::int64_t kMaxLogoPixels = 25'000'000;

// Reads a still picture (see readStill()), turned as its EXIF data says. Answers RGBA. Throws
// Refused "logo.unreadable", which names what is taken.
Frame readLogo(int fd);

// The logo as large as the clip wants it, its opacity in it. `picture` is what readLogo() gave.
Stamp makeStamp(const AVFrame& picture, const Edits::Logo& logo, int clipWidth, int clipHeight);

// Where its upper left corner stands.
struct Spot {
  int x = 0, y = 0;
};
Spot spotOf(const Stamp& stamp, const Edits::Logo& logo, int clipWidth, int clipHeight);

}  // namespace clipcourier::transcoder
