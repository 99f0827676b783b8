#include "base/time_zone.h"

#include <date/tz.h>

#include <sstream>

#include "base/error.h"

namespace clipcourier {
namespace {

// Null when there is none. The name is a path below the zone data to the library: keep it inside.
const date::time_zone* find(const std::string& name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' ||
      name.find("..") != std::string::npos)
    return nullptr;
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

bool isTimeZone(const std::string& name) { return find(name) != nullptr; }

TimePoint fromLocal(std::string_view local, const std::string& zone) {
  const date::time_zone* in = find(zone);
  if (!in)
    throw Error(ErrorKind::invalidInput, "there is no such time zone",
                "Write a name of the time zone database: Europe/Berlin.", "time.zone");
  std::istringstream text{std::string(local)};
  date::local_time<Millis> time;
  const char* const form = local.size() == 16 ? "%Y-%m-%dT%H:%M" : "%Y-%m-%dT%H:%M:%S";
  text >> date::parse(form, time);
  const bool all = !text.fail() && text.peek() == std::istringstream::traits_type::eof();
  if (!all || (local.size() != 16 && local.size() != 19))
    throw Error(ErrorKind::invalidInput, "this is no wall clock time",
                "Write year, month, day, hour and minute: 2026-12-24T09:30.", "time.form");
  if (in->get_info(time).result == date::local_info::nonexistent)
    throw Error(ErrorKind::invalidInput, "the clocks of that zone leave this time out",
                "Choose a time before or after they go forward.", "time.skipped");
  return TimePoint(in->to_sys(time, date::choose::earliest).time_since_epoch());
}

}  // namespace clipcourier
