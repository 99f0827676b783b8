#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace clipcourier {

// UTC, in milliseconds: what the database stores.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;

// Time is passed in, so every rule can be tested without waiting.
struct Clock {
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

struct SystemClock : Clock {
  TimePoint now() const override;
};

constexpr std::int64_t toMs(TimePoint t) { return t.time_since_epoch().count(); }
constexpr TimePoint fromMs(std::int64_t ms) { return TimePoint(Millis(ms)); }

// RFC 3339 in UTC with milliseconds: "2026-11-23T20:15:30.123Z".
std::string toIso(TimePoint t);

}  // namespace clipcourier
