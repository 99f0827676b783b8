#include "transcoder/worker/h264.h"

#include "fuzz/input.h"

using namespace clipcourier::transcoder;

// The first byte chooses the length of lengths, also those there are not.
FUZZ(input) {
  if (input.empty()) return;
  SliceCounts counts;
  countSlices(input.substr(1), input[0] & 7, counts);
  const auto units =
      counts.i + counts.p + counts.b + counts.other + counts.sei + counts.extra + counts.broken;
  require(units >= 0 && units <= static_cast<std::int64_t>(input.size()));
  const AvcConfig config = parseAvcConfig(input);
  require(config.lengthBytes >= 0 && config.lengthBytes <= 4);
  for (const std::string& sps : config.sps)
    if (sps.size() >= 4) bufferOf(sps);
  // A raw stream's first unit stands behind its start code.
  if (input.size() >= 8)
    if (const auto buffer = bufferOf(input.substr(4)))
      require(buffer->references >= 0 && buffer->references <= 16 && buffer->width >= 16 &&
              buffer->height >= 16);
  AvcConfig ours;
  ours.lengthBytes = input[0] & 7;
  if (const auto slices = onlySlices(input.substr(1), ours)) {
    SliceCounts kept;
    countSlices(*slices, 4, kept);
    require(kept.sei == 0 && kept.extra == 0);
  }
}
