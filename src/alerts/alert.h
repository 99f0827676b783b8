#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"

// What operations must know.
namespace clipcourier::alerts {

using AlertId = Id<struct AlertTag>;

// Something is wrong now. Kind and subject together are what an alert is about; neither, nor the
// code, ever holds personal data.
struct Signal {
  std::string kind;     // "hold", "unknown_messages", ...: see alert_words.cpp
  std::string subject;  // "sender 7", "template 7/news/de"; empty: the installation
  bool critical = false;
  std::string code;  // the provider's, or of messages/reasons.h; may be empty
  std::int64_t count = 1;
};

struct Alert : Signal {
  AlertId id;
  TimePoint since, seen;           // when it was first and last found
  std::optional<TimePoint> until;  // when it was over; none: it is still so
  std::string acknowledgedBy;      // "token:7"; empty: nobody has
  std::optional<TimePoint> acknowledgedAt;
};

}  // namespace clipcourier::alerts
