#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The little of H.264 that is read on our own, from the bits as a phone gets them.
namespace clipcourier::transcoder {

struct SliceCounts {
  std::int64_t i = 0, p = 0, b = 0, other = 0;  // by slice_type
  std::int64_t sei = 0;                         // NAL units with supplemental information
  std::int64_t extra = 0;                       // others that are no slices
  std::int64_t broken = 0;                      // units or headers that cannot be read
};

// Adds what one MP4 sample holds: NAL units, each after its length in `lengthBytes` bytes.
void countSlices(std::string_view sample, int lengthBytes, SliceCounts& counts);

// From the content of avcC. One whose parameter sets name another profile or level is not valid.
struct AvcConfig {
  int profile = 0, level = 0;  // 77 is Main, 40 is level 4.0
  int lengthBytes = 0;         // 0: not a valid configuration
  std::vector<std::string> sps, pps;
};
AvcConfig parseAvcConfig(std::string_view avcC);

// What a decoder must keep to refer to: so many pictures (max_num_ref_frames) of this size, which
// is that of whole macroblocks, before anything is cut off.
struct Buffer {
  int references = 0, width = 0, height = 0;
};
// Of a sequence parameter set as it stands in a NAL unit of at least four bytes. None when it
// cannot be read, is of another profile than Baseline, Main and High, or has scaling lists.
std::optional<Buffer> bufferOf(std::string_view sps);

// The content of avcC for 4:2:0 in eight bits, with lengths of four bytes. Both sets as they stand
// in a NAL unit; `sps` has at least four bytes, `pps` one.
std::string makeAvcConfig(std::string_view sps, std::string_view pps);

// The sample with nothing left in it but slices, each after a length of four bytes: what else there
// is may hold anything. None when it cannot be read, or has parameter sets that are not those of
// `config`, which its slices may need.
std::optional<std::string> onlySlices(std::string_view sample, const AvcConfig& config);

}  // namespace clipcourier::transcoder
