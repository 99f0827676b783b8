#pragma once

#include <functional>
#include <vector>

#include "transcoder/profile.h"
#include "transcoder/report.h"

namespace clipcourier::transcoder {

// What the clip should be, apart from the profile's limits.
struct Expected {
  int width = 0, height = 0;
  Fraction frameRate;
  std::int64_t frames = 0;
  bool audio = false;
  int channels = 0, sampleRate = 0;  // of the audio
};

// Reads the finished clip again, as a phone would, and fills the report's claims, facts, hash and
// `passed`. Nothing is taken from the encoder's word. Throws only for defects of our own.
void prove(int clipFd, const Profile& profile, const Expected& expected, Report& report);

// Hexadecimal SHA-256 of a whole file.
std::string sha256Of(int fd);

}  // namespace clipcourier::transcoder
