#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "transcoder/report.h"
#include "transcoder/worker/demuxer.h"

namespace clipcourier::transcoder {

struct Rate {
  Fraction perSecond{25, 1};
  bool constant = true;
};

// The frame rate that these showing times (microseconds, any order) have; `fallback` when there are
// too few. Rates close to a usual one become exactly that.
Rate rateOf(std::vector<std::int64_t> times, Fraction fallback);

// What is really in a source, whatever its header claims: found by reading all packets without
// decoding one. Times are microseconds.
struct Scan {
  std::int64_t videoStartUs = 0, videoEndUs = 0;
  std::int64_t videoPackets = 0, videoBytes = 0;
  Rate rate;
  std::optional<std::int64_t> audioStartUs, audioEndUs;
  std::int64_t audioBytes = 0;
  bool endedByDamage = false;
  std::vector<std::int64_t> keysUs;  // showing times of key pictures, rising; not all of very many
  bool clockJumps = false;           // times are not those of the container everywhere
  bool soundRecounted = false;       // its times stood still (see SoundCount)
};

inline constexpr std::int64_t kSameUs = 1'500;  // containers round times to milliseconds
// The last key picture at or before `us`.
std::optional<std::int64_t> keyBefore(const Scan& scan, std::int64_t us);

// Reads `demuxer` to its end. Throws Refused (nothing in it, encrypted, absurdly many packets).
Scan scan(Demuxer& demuxer);

}  // namespace clipcourier::transcoder
