#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

// Makes the timestamps of a source usable: where they jump (a joined transport stream, a wrapped
// clock, a damaged field) the jump is taken out; gaps a screen recording may have stay.
namespace clipcourier::transcoder {

class Timeline {
 public:
  // `jumpy`: the format's clock is known to jump (MPEG-TS and its kin), so shorter jumps count.
  explicit Timeline(bool jumpy) : maxGapUs_(jumpy ? 10'000'000 : 30'000'000) {}

  // What must be added to the timestamps of this packet. `us` is its decoding time (or the showing
  // time when it has none), `durationUs` may be 0. Tracks that jump together are moved together.
  std::int64_t shift(int track, std::int64_t us, std::int64_t durationUs);
  int jumps() const { return jumps_; }

 private:
  struct Track {
    bool started = false;
    std::int64_t expectedUs = 0;  // in the repaired time
    std::int64_t shiftUs = 0;
  };
  std::int64_t shiftForJump(const Track& track, std::int64_t wantedUs) const;

  static constexpr std::int64_t kMaxBackUs = 1'000'000;
  static constexpr std::int64_t kSameJumpUs = 1'000'000;
  std::int64_t maxGapUs_;
  std::int64_t latestShiftUs_ = 0;
  std::map<int, Track> tracks_;
  int jumps_ = 0;
};

// Makes sound whole whose timestamps are counted from a wrong block size: AVI stores none, and old
// writers gave MP3 of low sample rates the samples of a packet as its bytes (libav knows this of
// high rates only). Several packets then seem to come at once, and all but the first would be cut
// as overlap. From the first standstill on each follows the one before; gaps stay. Times are ticks
// of the track.
class SoundCount {
 public:
  // What must be added to the timestamps of this packet.
  std::int64_t shift(std::int64_t time, std::int64_t duration);
  bool stoodStill() const { return stoodStill_; }

 private:
  std::optional<std::int64_t> last_;
  std::int64_t expected_ = 0, shift_ = 0;
  bool stoodStill_ = false;
};

}  // namespace clipcourier::transcoder
