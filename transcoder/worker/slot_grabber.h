#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "transcoder/worker/posters.h"

namespace clipcourier::transcoder {

// Finished pictures of some frames of a clip (`slots` of `rate`, rising) by seeking, for what needs
// few of them. Where the way to one is too long, the key picture before it stands for it; a slot
// without any picture before is left out. Sizes: long side at most 640.
void grabSlots(const PosterScene& scene, Fraction rate, const std::vector<std::int64_t>& slots,
               const std::function<void(const AVFrame& picture, std::int64_t slot)>& take);

// The times of the candidates (milliseconds of the clip), the best first.
std::vector<std::int64_t> bestMoments(const Posters& posters);

}  // namespace clipcourier::transcoder
