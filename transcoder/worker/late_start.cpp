#include "transcoder/worker/late_start.h"

#include <cstdlib>

#include "transcoder/worker/demuxer.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::int64_t kWorthSeekingUs = 5'000'000;
constexpr std::int64_t kEarlierUs = 3'000'000;  // some seek by decoding times, or by guess
// Sound that is decoded from the middle on needs some packets until it is right, and containers
// need not have it beside its picture.
constexpr std::int64_t kBeforeUs = 3'000'000, kSoundBeforeUs = 1'000'000;

// Whether a seek to the key picture finds it, and sound well before `startUs`.
bool seeksWell(Demuxer& demuxer, const LateStart& late, std::int64_t startUs) {
  if (!demuxer.seek(late.seekUs)) return false;
  bool seen = false, heard = !demuxer.audio();
  while (!seen || !heard) {
    const Packet packet = demuxer.next();
    if (!packet || packet->pts == AV_NOPTS_VALUE) return false;
    const bool isVideo = demuxer.isVideo(*packet);
    const AVStream& track = isVideo ? demuxer.video() : *demuxer.audio();
    const std::int64_t us = av_rescale_q(packet->pts, track.time_base, AV_TIME_BASE_Q);
    if (us > startUs - kSoundBeforeUs) return false;
    if (!isVideo)
      heard = true;
    else if ((packet->flags & AV_PKT_FLAG_KEY) && std::abs(us - late.keyUs) <= kSameUs)
      seen = true;
    else if (!seen && us > late.keyUs)
      return false;
  }
  return true;
}

}  // namespace

std::optional<LateStart> lateStart(int fd, const Source& source, std::int64_t startUs, bool sound) {
  if (source.scan.clockJumps || source.scan.soundRecounted) return std::nullopt;
  const auto key = keyBefore(source.scan, startUs - kBeforeUs);
  if (!key || *key < source.firstUs + kWorthSeekingUs) return std::nullopt;
  Demuxer demuxer(fd);
  if (!sound) demuxer.dropAudio();
  for (const std::int64_t earlierUs : {std::int64_t{0}, kEarlierUs}) {
    const LateStart late{*key - earlierUs, *key};
    if (seeksWell(demuxer, late, startUs)) return late;
  }
  return std::nullopt;
}

}  // namespace clipcourier::transcoder
