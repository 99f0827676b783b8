#pragma once

#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/words.h"
#include "videos/profiles.h"

namespace clipcourier::videos {

// A profile as people see it who choose one.
struct ProfileView {
  std::string name, purpose, format;
  bool forUploads = false;  // every upload gets it
  ByteSize limit;
  int maxSeconds = 0, maxLongSide = 0, maxFps = 0;
  Words what;    // what it is for
  Words limits;  // "MP4, at most 16.0 MB and 10 min, up to 1280 pixels and 30 pictures a second"
};

// Those of the uploads in their order, then the others.
std::vector<ProfileView> viewsOf(const Profiles& profiles);

}  // namespace clipcourier::videos
