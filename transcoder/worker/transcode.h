#pragma once

#include <functional>

#include "transcoder/process.h"
#include "transcoder/profile.h"
#include "transcoder/report.h"

namespace clipcourier::transcoder {

// The worker's two tasks, on descriptors. Throw Refused, Error, std::bad_alloc.
Probe probeSource(int sourceFd);
Report transcodeSource(int sourceFd, const Profile& profile, const Outputs& outputs,
                       const OnProgress& onProgress);

}  // namespace clipcourier::transcoder
