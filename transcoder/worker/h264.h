#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// The little of H.264 that the proof reads on its own, from the bits as a phone gets them.
namespace clipcourier::transcoder {

struct SliceCounts {
  std::int64_t i = 0, p = 0, b = 0, other = 0;  // by slice_type
  std::int64_t sei = 0;                         // NAL units with supplemental information
  std::int64_t broken = 0;                      // units or headers that cannot be read
};

// Adds what one MP4 sample holds: NAL units, each after its length in `lengthBytes` bytes.
void countSlices(std::string_view sample, int lengthBytes, SliceCounts& counts);

// The sample with nothing left in it but slices and their parameter sets: no supplemental
// information, which may hold anything. As it is when it cannot be read.
std::string onlyPicture(std::string_view sample, int lengthBytes);

// From the content of avcC. One whose parameter sets name another profile or level is not valid.
struct AvcConfig {
  int profile = 0, level = 0;  // 77 is Main, 40 is level 4.0
  int lengthBytes = 0;         // 0: not a valid configuration
};
AvcConfig parseAvcConfig(std::string_view avcC);

}  // namespace clipcourier::transcoder
