#include "base/time_zone.h"

#include "base/error.h"
#include "support/catch.h"

using namespace clipcourier;

namespace {

std::string codeOf(const std::string& local, const std::string& zone) {
  try {
    return toIso(fromLocal(local, zone));
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("a wall clock time is a moment of its zone", "[base]") {
  CHECK(codeOf("2026-12-24T09:30", "Europe/Berlin") == "2026-12-24T08:30:00.000Z");
  CHECK(codeOf("2026-07-01T09:30:15", "Europe/Berlin") == "2026-07-01T07:30:15.000Z");
  CHECK(codeOf("2026-07-01T09:30", "UTC") == "2026-07-01T09:30:00.000Z");
}

TEST_CASE("a time the clocks leave out is refused, and one they repeat is the first", "[base]") {
  CHECK(codeOf("2027-03-28T02:30", "Europe/Berlin") == "time.skipped");
  CHECK(codeOf("2026-10-25T02:30", "Europe/Berlin") == "2026-10-25T00:30:00.000Z");
}

TEST_CASE("what is no time or no zone is refused", "[base]") {
  for (const char* zone : {"", "Mars/Olympus", "../../etc/passwd", "/etc/passwd"}) {
    CHECK_FALSE(isTimeZone(zone));
    CHECK(codeOf("2026-07-01T09:30", zone) == "time.zone");
  }
  for (const char* local : {"", "tomorrow", "2026-07-01", "2026-13-01T09:30", "2026-02-30T09:30",
                            "2026-07-01T25:00", "2026-07-01T09:30Z", "2026-07-01T09:30:1x"})
    CHECK(codeOf(local, "Europe/Berlin") == "time.form");
}
