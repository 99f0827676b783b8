#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace clipcourier {

// Whether the system's time zone data has it: "Europe/Berlin".
bool isTimeZone(const std::string& name);

// A wall clock time of a zone, "2026-12-24T09:30" or with seconds, as UTC. A time the clocks go
// through twice is the first of the two. Throws Error(invalidInput): "time.zone" for an unknown
// zone, "time.form", and "time.skipped" for a time the clocks leave out.
TimePoint fromLocal(std::string_view local, const std::string& zone);

}  // namespace clipcourier
