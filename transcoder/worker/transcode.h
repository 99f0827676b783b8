#pragma once

#include "transcoder/job.h"
#include "transcoder/process.h"
#include "transcoder/worker/stages.h"

namespace clipcourier::transcoder {

// The worker's two tasks, on descriptors. Throw Refused, Error, std::bad_alloc.
Probe probeSource(int sourceFd);
// Tells the listener of everything that was asked for, as soon as it is complete, on the calling
// thread. With `stages` the decoder has one thread only, so that its time can be seen.
void transcodeSource(const Work& work, const Listener& listener, Stages* stages = nullptr);

}  // namespace clipcourier::transcoder
