#pragma once

#include "transcoder/report.h"
#include "transcoder/worker/clip_maker.h"
#include "transcoder/worker/planner.h"

namespace clipcourier::transcoder {

// What was done to the source and what to look at, in words a marketer understands.
void addNotices(const Source& source, const Plan& plan, const Made& made, Report& report);

}  // namespace clipcourier::transcoder
