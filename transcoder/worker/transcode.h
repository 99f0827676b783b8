#pragma once

#include "transcoder/job.h"
#include "transcoder/process.h"

namespace clipcourier::transcoder {

// The worker's two tasks, on descriptors. Throw Refused, Error, std::bad_alloc.
Probe probeSource(int sourceFd);
// Tells the listener of everything that was asked for, as soon as it is complete.
void transcodeSource(const Work& work, const Listener& listener);

}  // namespace clipcourier::transcoder
