#include "transcoder/worker/scan.h"

#include <algorithm>
#include <cmath>

#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::int64_t kMaxPackets = 4'000'000;
constexpr std::size_t kRateSamples = 3'000;
constexpr std::size_t kMaxKeys = 4'096;

// Rates cameras and editors really use.
constexpr Fraction kUsual[] = {
    {5, 1},        {8, 1},  {10, 1},  {12, 1},        {25, 2},  {15, 1}, {18, 1}, {20, 1},
    {24000, 1001}, {24, 1}, {25, 1},  {30000, 1001},  {30, 1},  {48, 1}, {50, 1}, {60000, 1001},
    {60, 1},       {90, 1}, {100, 1}, {120000, 1001}, {120, 1}, {240, 1}};

Fraction snap(double perSecond) {
  const Fraction* best = nullptr;
  for (const Fraction& each : kUsual)
    if (!best || std::abs(each.value() - perSecond) < std::abs(best->value() - perSecond))
      best = &each;
  if (std::abs(best->value() / perSecond - 1) < 0.004) return *best;
  const AVRational plain = av_d2q(perSecond, 1001);
  return plain.num > 0 ? Fraction{plain.num, plain.den} : Fraction{25, 1};
}

bool isSane(AVRational rate) {
  return rate.num > 0 && rate.den > 0 && av_q2d(rate) >= 1 && av_q2d(rate) <= 300;
}

Fraction headerRate(const AVStream& stream) {
  if (isSane(stream.avg_frame_rate)) return snap(av_q2d(stream.avg_frame_rate));
  if (isSane(stream.r_frame_rate)) return snap(av_q2d(stream.r_frame_rate));
  return {25, 1};
}

class Extent {
 public:
  void add(std::int64_t startUs, std::int64_t endUs) {
    first_ = first_ ? std::min(*first_, startUs) : startUs;
    last_ = last_ ? std::max(*last_, endUs) : endUs;
  }
  std::optional<std::int64_t> first() const { return first_; }
  std::optional<std::int64_t> last() const { return last_; }

 private:
  std::optional<std::int64_t> first_, last_;
};

// Key pictures, thinned out evenly when there are very many.
class Keys {
 public:
  void add(std::int64_t us) {
    if (count_++ % every_ != 0) return;
    if (times_.size() == kMaxKeys) {
      for (std::size_t i = 0; i < kMaxKeys / 2; ++i) times_[i] = times_[2 * i];
      times_.resize(kMaxKeys / 2);
      every_ *= 2;
    }
    times_.push_back(us);
  }
  std::vector<std::int64_t> sorted() {
    std::sort(times_.begin(), times_.end());
    return std::move(times_);
  }

 private:
  std::int64_t count_ = 0, every_ = 1;
  std::vector<std::int64_t> times_;
};

// Showing times; but where some pictures have none (programme streams), decoding times, because
// both mixed would look like a rate that changes.
class RateTimes {
 public:
  void add(const AVPacket& packet, AVRational base) {
    if (shown_.size() >= kRateSamples || decoded_.size() >= kRateSamples) return;
    if (packet.pts != AV_NOPTS_VALUE)
      shown_.push_back(av_rescale_q(packet.pts, base, AV_TIME_BASE_Q));
    if (packet.dts != AV_NOPTS_VALUE)
      decoded_.push_back(av_rescale_q(packet.dts, base, AV_TIME_BASE_Q));
  }
  std::vector<std::int64_t> best() const {
    return decoded_.size() > shown_.size() ? decoded_ : shown_;
  }

 private:
  std::vector<std::int64_t> shown_, decoded_;
};

}  // namespace

Rate rateOf(std::vector<std::int64_t> times, Fraction fallback) {
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  if (times.size() < 3) return {fallback, true};
  std::vector<std::int64_t> steps;
  for (std::size_t i = 1; i < times.size(); ++i) steps.push_back(times[i] - times[i - 1]);
  std::vector<std::int64_t> sorted = steps;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  const double median = static_cast<double>(sorted[sorted.size() / 2]);
  // Containers round to milliseconds, so a step may be off by one.
  std::int64_t regular = 0, sum = 0;
  for (const std::int64_t step : steps)
    if (std::abs(static_cast<double>(step) - median) <= 0.06 * median + 1'500) {
      ++regular;
      sum += step;
    }
  const bool constant = regular * 100 >= static_cast<std::int64_t>(steps.size()) * 95;
  if (constant) return {snap(1e6 * static_cast<double>(regular) / static_cast<double>(sum)), true};
  const double span = static_cast<double>(times.back() - times.front());
  return {snap(std::clamp(1e6 * static_cast<double>(steps.size()) / span, 1.0, 240.0)), false};
}

std::optional<std::int64_t> keyBefore(const Scan& scan, std::int64_t us) {
  const auto after = std::upper_bound(scan.keysUs.begin(), scan.keysUs.end(), us);
  if (after == scan.keysUs.begin()) return std::nullopt;
  return *std::prev(after);
}

Scan scan(Demuxer& demuxer) {
  Scan result;
  Extent video, audio;
  Keys keys;
  RateTimes times;
  const Fraction header = headerRate(demuxer.video());
  const auto headerStep = static_cast<std::int64_t>(1e6 / header.value());
  std::int64_t packets = 0;
  while (Packet packet = demuxer.next()) {
    if (++packets > kMaxPackets) refuse::tooManyPackets();
    std::size_t size = 0;
    if (av_packet_get_side_data(packet.get(), AV_PKT_DATA_ENCRYPTION_INFO, &size))
      refuse::encrypted();
    const bool isVideo = demuxer.isVideo(*packet);
    (isVideo ? result.videoBytes : result.audioBytes) += packet->size;
    if (isVideo) ++result.videoPackets;
    const std::int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (time == AV_NOPTS_VALUE || (packet->flags & AV_PKT_FLAG_DISCARD)) continue;
    const AVRational base = isVideo ? demuxer.video().time_base : demuxer.audio()->time_base;
    const std::int64_t us = av_rescale_q(time, base, AV_TIME_BASE_Q);
    const std::int64_t duration = av_rescale_q(packet->duration, base, AV_TIME_BASE_Q);
    if (isVideo) {
      const bool plausible = duration > 0 && duration < 10'000'000;
      video.add(us, us + (plausible ? duration : headerStep));
      times.add(*packet, base);
      if (packet->flags & AV_PKT_FLAG_KEY) keys.add(us);
    } else {
      audio.add(us, us + std::clamp<std::int64_t>(duration, 0, 10'000'000));
    }
  }
  if (result.videoPackets == 0) refuse::noPictures();
  result.rate = rateOf(times.best(), header);
  result.videoStartUs = video.first().value_or(0);
  result.videoEndUs = video.last().value_or(result.videoPackets * headerStep);
  result.audioStartUs = audio.first();
  result.audioEndUs = audio.last();
  result.keysUs = keys.sorted();
  result.clockJumps = demuxer.jumps() > 0;
  result.soundRecounted = demuxer.soundRecounted();
  result.endedByDamage = demuxer.endedByDamage();
  return result;
}

}  // namespace clipcourier::transcoder
