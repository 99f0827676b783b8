#include "transcoder/worker/passthrough.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>

#include "base/error.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/frame_rate.h"
#include "transcoder/worker/h264.h"
#include "transcoder/worker/levels.h"
#include "transcoder/worker/muxer.h"
#include "transcoder/worker/sound_line.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::uint64_t kTablesPerPacket = 16;

bool isPlain(const Probe::Video& video) {
  const auto is709 = [](const std::string& name) { return name == "bt709" || name == "unknown"; };
  return video.codec == "h264" && video.pixelFormat == "yuv420p" && video.constantRate &&
         !video.interlaced && video.rotation == 0 && !video.mirrored && !video.fullRange &&
         !video.hdr && video.sampleAspect == Fraction{1, 1} && is709(video.matrix) &&
         is709(video.primaries) && is709(video.transfer);
}

bool fits(const Source& source, const ClipWish& wish) {
  const Probe::Video& video = source.probe.video;
  const Profile& profile = wish.profile;
  const Scan& scan = source.scan;
  const double seconds = static_cast<double>(wish.plan.slots) / wish.plan.frameRate.value();
  const auto bytes = static_cast<std::uint64_t>(scan.videoBytes) +
                     static_cast<std::uint64_t>(seconds * wish.plan.audioKbps * 125);
  const std::uint64_t tables =
      kTablesPerPacket * static_cast<std::uint64_t>(scan.videoPackets * 3) + 10'000;
  return isPlain(video) && video.storedWidth == wish.plan.width &&
         video.storedHeight == wish.plan.height && video.frameRate == wish.plan.frameRate &&
         wish.startUs == source.firstUs && !scan.endedByDamage &&
         video.kbps <= profile.video.maxKbps && bytes + tables <= profile.target.bytes &&
         std::llabs(scan.videoPackets - wish.plan.slots) <= 1;
}

// Small pictures that say nothing are BT.601; large ones are what we tag them as.
bool coloursAreClear(const AVCodecParameters& codec, const Probe::Video& video) {
  const bool said = codec.color_space == AVCOL_SPC_BT709 || video.matrix == "bt709";
  return said || std::max(video.width, video.height) >= 1280;
}

std::string_view bytesOf(const std::uint8_t* data, int size) {
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

AvcConfig configOf(const AVCodecParameters& codec) {
  return parseAvcConfig(bytesOf(codec.extradata, codec.extradata_size));
}

void setHeader(AVCodecParameters& codec, const std::string& header) {
  av_freep(&codec.extradata);
  codec.extradata_size = 0;
  codec.extradata =
      static_cast<std::uint8_t*>(av_mallocz(header.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (!codec.extradata) throw std::bad_alloc();
  std::memcpy(codec.extradata, header.data(), header.size());
  codec.extradata_size = static_cast<int>(header.size());
}

// Whether parameter sets hold nothing that a decoder would not read: written again from what they
// say, they are the same.
bool areWhole(const AVCodecParameters& codec, const std::string& sps, const std::string& pps) {
  const AVBitStreamFilter* rewriting = av_bsf_get_by_name("h264_metadata");
  AVBSFContext* context = nullptr;
  if (!rewriting || av_bsf_alloc(rewriting, &context) < 0) return false;
  const StreamFilter filter(context);
  check(avcodec_parameters_copy(filter->par_in, &codec), "copy a track");
  setHeader(*filter->par_in, makeAvcConfig(sps, pps));
  if (av_bsf_init(filter.get()) < 0) return false;
  const AVCodecParameters& made = *filter->par_out;
  const std::string start("\0\0\0\1", 4);
  return bytesOf(made.extradata, made.extradata_size) == start + sps + start + pps;
}

// Neither lists of sets, of which slices may use any, nor words behind them.
bool isPlainConfig(const AvcConfig& avc, const AVCodecParameters& codec) {
  return avc.sps.size() == 1 && avc.pps.size() == 1 && avc.sps[0].size() >= 4 &&
         areWhole(codec, avc.sps[0], avc.pps[0]);
}

// Phones believe the level before they decode anything. Bits are left out: encoders that hold a
// quality choose the level without counting them.
bool levelSuffices(const AvcConfig& avc, const Probe::Video& video) {
  const std::optional<Buffer> buffer = bufferOf(avc.sps[0]);
  return buffer && lowestLevel(buffer->width, buffer->height, video.frameRate.value(), 0,
                               buffer->references) <= avc.level;
}

bool streamFits(const AVCodecParameters& codec, const Probe::Video& video, const Profile& profile) {
  const AvcConfig avc = configOf(codec);
  const int wanted = profile.video.profile == "high"   ? 100
                     : profile.video.profile == "main" ? 77
                                                       : 66;
  return avc.profile == wanted && avc.level <= profile.video.maxLevel && avc.lengthBytes > 0 &&
         (profile.video.maxBFrames > 0 || codec.video_delay == 0) &&
         coloursAreClear(codec, video) && isPlainConfig(avc, codec) && levelSuffices(avc, video);
}

// Slots in decoding order; none when the pictures do not fill every slot once, or cannot be taken
// out of what else their samples hold.
std::optional<std::vector<std::int64_t>> slotsOf(Demuxer& demuxer, const ClipWish& wish) {
  const FrameRate clock(wish.plan.frameRate, wish.startUs, wish.plan.slots);
  const AvcConfig config = configOf(*demuxer.video().codecpar);
  std::vector<std::int64_t> slots;
  while (Packet packet = demuxer.next()) {
    if (!demuxer.isVideo(*packet)) continue;
    if (packet->pts == AV_NOPTS_VALUE || (packet->flags & AV_PKT_FLAG_DISCARD)) return std::nullopt;
    if (!onlySlices(bytesOf(packet->data, packet->size), config)) return std::nullopt;
    const std::int64_t us = av_rescale_q(packet->pts, demuxer.video().time_base, AV_TIME_BASE_Q);
    if (us < wish.startUs - 1'000) return std::nullopt;
    slots.push_back(clock.slotOf(us));
  }
  std::vector<std::int64_t> sorted = slots;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != static_cast<std::int64_t>(i)) return std::nullopt;
  if (slots.empty()) return std::nullopt;
  return slots;
}

CodecParameters cleaned(const AVCodecParameters& from, const AvcConfig& config) {
  CodecParameters to(avcodec_parameters_alloc());
  if (!to) throw std::bad_alloc();
  check(avcodec_parameters_copy(to.get(), &from), "copy a track");
  to->codec_tag = 0;
  setHeader(*to, makeAvcConfig(config.sps.at(0), config.pps.at(0)));
  return to;
}

class Remux {
 public:
  Remux(int sourceFd, const ClipWish& wish, std::vector<std::int64_t> slots)
      : wish_(wish),
        demuxer_(sourceFd),
        slots_(std::move(slots)),
        config_(configOf(*demuxer_.video().codecpar)),
        video_(cleaned(*demuxer_.video().codecpar, config_)) {
    video_->sample_aspect_ratio = {1, 1};
    video_->color_range = AVCOL_RANGE_MPEG;
    video_->color_primaries = AVCOL_PRI_BT709;
    video_->color_trc = AVCOL_TRC_BT709;
    video_->color_space = AVCOL_SPC_BT709;
    for (std::size_t i = 0; i < slots_.size(); ++i)
      delay_ = std::max(delay_, static_cast<std::int64_t>(i) - slots_[i]);
    const Fraction rate = wish.plan.frameRate;
    muxer_.emplace(wish.fd, MuxTrack{video_.get(), {rate.den, rate.num}, {rate.num, rate.den}},
                   openSound());
  }

  void run() {
    while (Packet packet = demuxer_.next()) {
      if (demuxer_.isVideo(*packet))
        writePicture(*packet);
      else if (line_)
        line_->feed(*packet);
    }
    if (line_) line_->drain();
    muxer_->finish();
  }
  bool soundLost() const { return line_ && line_->lost(); }

 private:
  // AAC holds elements that no player plays (fill, data streams) anywhere between its sound, and
  // they can only be found by decoding all of it. Encoded anew, none of them is left.
  const MuxTrack* openSound() {
    if (!demuxer_.audio() || wish_.plan.audioKbps <= 0) return nullptr;
    line_.emplace(*demuxer_.audio(), std::vector<ClipWish>{wish_},
                  [this](std::size_t, Packet packet) { muxer_->writeAudio(std::move(packet)); });
    return line_->track(0);
  }

  void writePicture(const AVPacket& packet) {
    if (next_ >= slots_.size()) return;
    const auto slices = onlySlices(bytesOf(packet.data, packet.size), config_);
    if (!slices) throw Error(ErrorKind::invalidInput, "the source changed while it was read");
    Packet own = newPacket();
    check(av_new_packet(own.get(), static_cast<int>(slices->size())), "a packet");
    std::memcpy(own->data, slices->data(), slices->size());
    own->pts = slots_[next_];
    own->dts = static_cast<std::int64_t>(next_) - delay_;
    own->duration = 1;
    own->flags = packet.flags & AV_PKT_FLAG_KEY;
    ++next_;
    muxer_->writeVideo(std::move(own));
  }

  const ClipWish& wish_;
  Demuxer demuxer_;
  std::vector<std::int64_t> slots_;  // in decoding order
  AvcConfig config_;
  CodecParameters video_;
  std::int64_t delay_ = 0;  // pictures decoded before they are shown
  std::optional<SoundLine> line_;
  std::optional<Muxer> muxer_;
  std::size_t next_ = 0;
};

}  // namespace

std::optional<Made> passThrough(int sourceFd, const Source& source, const ClipWish& wish) {
  if (!fits(source, wish)) return std::nullopt;
  std::optional<std::vector<std::int64_t>> slots;
  {
    Demuxer demuxer(sourceFd);
    if (!streamFits(*demuxer.video().codecpar, source.probe.video, wish.profile))
      return std::nullopt;
    slots = slotsOf(demuxer, wish);
  }
  if (!slots) return std::nullopt;
  Made made;
  made.slots = static_cast<std::int64_t>(slots->size());
  Remux remux(sourceFd, wish, std::move(*slots));
  remux.run();
  made.audioLost = remux.soundLost();
  made.pictureEndUs = source.scan.videoEndUs;
  made.bytes = DescriptorFile(wish.fd).size();
  return made;
}

}  // namespace clipcourier::transcoder
