#pragma once

#include <optional>
#include <vector>

#include "transcoder/worker/planner.h"

namespace clipcourier::transcoder {

// What would make the clip better, in words a marketer understands; empty when nothing would.
// `quality` as the encoder measured it, `startsDark` as the source's first pictures are.
std::vector<Notice> adviceFor(const Profile& profile, const Probe& source, const Plan& plan,
                              std::optional<Quality> quality, bool startsDark);

}  // namespace clipcourier::transcoder
