#include "transcoder/worker/passthrough.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/error.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/frame_rate.h"
#include "transcoder/worker/h264.h"
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
  const auto bytes = static_cast<std::uint64_t>(scan.videoBytes + scan.audioBytes);
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

bool streamFits(const AVCodecParameters& codec, const Probe::Video& video, const Profile& profile) {
  if (codec.extradata_size < 7 || codec.extradata[0] != 1) return false;  // no avcC
  const AvcConfig avc = parseAvcConfig(bytesOf(codec.extradata, codec.extradata_size));
  const int wanted = profile.video.profile == "high"   ? 100
                     : profile.video.profile == "main" ? 77
                                                       : 66;
  return avc.profile == wanted && avc.level <= profile.video.maxLevel && avc.lengthBytes > 0 &&
         (profile.video.maxBFrames > 0 || codec.video_delay == 0) && coloursAreClear(codec, video);
}

bool soundFits(const AVStream* stream, const Profile& profile) {
  if (!stream) return true;
  const AVCodecParameters& codec = *stream->codecpar;
  return codec.codec_id == AV_CODEC_ID_AAC && codec.profile == FF_PROFILE_AAC_LOW &&
         codec.extradata_size >= 2 && codec.ch_layout.nb_channels == profile.audio.channels &&
         codec.sample_rate == profile.audio.sampleRate &&
         codec.bit_rate <= profile.audio.maxKbps * 1'250LL;
}

// Slots in decoding order; none when the pictures do not fill every slot once.
std::optional<std::vector<std::int64_t>> slotsOf(Demuxer& demuxer, const ClipWish& wish) {
  const FrameRate clock(wish.plan.frameRate, wish.startUs, wish.plan.slots);
  std::vector<std::int64_t> slots;
  while (Packet packet = demuxer.next()) {
    if (!demuxer.isVideo(*packet)) continue;
    if (packet->pts == AV_NOPTS_VALUE || (packet->flags & AV_PKT_FLAG_DISCARD)) return std::nullopt;
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

CodecParameters cleaned(const AVCodecParameters& from) {
  CodecParameters to(avcodec_parameters_alloc());
  if (!to) throw std::bad_alloc();
  check(avcodec_parameters_copy(to.get(), &from), "copy a track");
  to->codec_tag = 0;
  return to;
}

class Remux {
 public:
  Remux(int sourceFd, const ClipWish& wish, std::vector<std::int64_t> slots)
      : wish_(wish),
        demuxer_(sourceFd),
        slots_(std::move(slots)),
        video_(cleaned(*demuxer_.video().codecpar)),
        lengthBytes_(
            parseAvcConfig(bytesOf(video_->extradata, video_->extradata_size)).lengthBytes) {
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
      else if (sound_)
        writeSound(std::move(packet));
    }
    if (line_) line_->drain();
    muxer_->finish();
  }
  bool soundLost() const { return line_ && line_->lost(); }

 private:
  const MuxTrack* openSound() {
    if (!demuxer_.audio() || wish_.plan.audioKbps <= 0) return nullptr;
    if (!soundFits(demuxer_.audio(), wish_.profile)) {
      line_.emplace(*demuxer_.audio(), std::vector<ClipWish>{wish_},
                    [this](std::size_t, Packet packet) { muxer_->writeAudio(std::move(packet)); });
      return line_->track(0);
    }
    sound_ = cleaned(*demuxer_.audio()->codecpar);
    soundTrack_ = {sound_.get(), demuxer_.audio()->time_base};
    return &soundTrack_;
  }

  void writePicture(const AVPacket& packet) {
    if (next_ >= slots_.size()) return;
    const std::string bytes = onlyPicture(bytesOf(packet.data, packet.size), lengthBytes_);
    Packet own = newPacket();
    check(av_new_packet(own.get(), static_cast<int>(bytes.size())), "a packet");
    std::memcpy(own->data, bytes.data(), bytes.size());
    own->pts = slots_[next_];
    own->dts = static_cast<std::int64_t>(next_) - delay_;
    own->duration = 1;
    own->flags = packet.flags & AV_PKT_FLAG_KEY;
    ++next_;
    muxer_->writeVideo(std::move(own));
  }

  void writeSound(Packet packet) {
    if (packet->pts == AV_NOPTS_VALUE || packet->dts == AV_NOPTS_VALUE)
      throw Error(ErrorKind::invalidInput, "the sound has no times");
    const std::int64_t start =
        av_rescale_q(wish_.startUs, AV_TIME_BASE_Q, demuxer_.audio()->time_base);
    packet->pts -= start;
    packet->dts -= start;
    av_packet_free_side_data(packet.get());
    muxer_->writeAudio(std::move(packet));
  }

  const ClipWish& wish_;
  Demuxer demuxer_;
  std::vector<std::int64_t> slots_;  // in decoding order
  CodecParameters video_, sound_;
  int lengthBytes_;
  std::int64_t delay_ = 0;  // pictures decoded before they are shown
  MuxTrack soundTrack_;
  std::optional<SoundLine> line_;  // when the sound is encoded anew
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
