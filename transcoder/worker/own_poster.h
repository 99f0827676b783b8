#pragma once

#include <cstdint>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/fit.h"

namespace clipcourier::transcoder {

inline constexpr std::uint64_t kMaxOwnPosterBytes = 20'000'000;
inline constexpr std::int64_t kMaxOwnPosterPixels = 36'000'000;

// A picture somebody uploaded for the poster: JPEG, PNG or WebP, known by its first bytes; hostile
// input. Answers it turned as its EXIF data says, transparent parts on `background` (0xRRGGBB), in
// the shape of `clip` and not enlarged (cropped when a third or less is lost, else on a blurred
// copy of itself), yuv420p in BT.709 limited range. Throws Refused "poster.unreadable".
Frame readOwnPoster(int fd, Size clip, std::uint32_t background);

}  // namespace clipcourier::transcoder
