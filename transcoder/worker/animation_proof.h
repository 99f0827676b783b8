#pragma once

#include "transcoder/profile.h"
#include "transcoder/report.h"
#include "transcoder/worker/animation.h"

namespace clipcourier::transcoder {

// Like prove(), for a clip of format webp or gif: reads the finished file again and fills the
// report's claims, facts, hash and `passed`. `expected` says what was meant; its bytes are not
// looked at. Throws only for defects of our own.
void proveAnimation(int clipFd, const Profile& profile, const Animation& expected, Report& report);

}  // namespace clipcourier::transcoder
