#include "transcoder/worker/examine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "transcoder/worker/decoder.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/look.h"
#include "transcoder/worker/picture_maker.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kFirstFrames = 6;              // enough to see interlacing
constexpr int kPacketsWithoutFrame = 1'500;  // then nothing will come
// Pixels of all pictures of a film. Two hours of 4K at 60 a second have 3.6 of these 4 million
// million, four hours of 1080p60 1.8; clips end after an hour, and longer sources are for excerpts.
constexpr std::int64_t kMostFilmed = 4'000'000'000'000;
// Of an animation. Measured on one core of 2023: 15 million in a second, so that these take hours.
constexpr std::int64_t kMostAnimated = 200'000'000'000;
constexpr std::int64_t kMaxShape = 1'000;  // one side at most so many times the other

// Decodes until `wanted` has seen enough (returns false) or the source ends.
template <class Wanted>
void decodeHead(Demuxer& demuxer, Decoder& decoder, Wanted&& wanted) {
  bool more = true;
  bool any = false;
  int packets = 0;
  auto out = [&](Frame frame) {
    any = true;
    if (more) more = wanted(*frame);
  };
  while (more && (any || packets < kPacketsWithoutFrame)) {
    Packet packet = demuxer.next();
    if (!packet) break;
    if (!demuxer.isVideo(*packet)) continue;
    ++packets;
    decoder.feed(*packet, out);
  }
  if (more) decoder.drain(out);
}

std::string known(const char* name) { return name ? name : "unknown"; }

Orientation turnOf(const AVStream& stream, const AVFrame& frame) {
  std::size_t size = 0;
  if (const std::uint8_t* matrix = sideData(stream, AV_PKT_DATA_DISPLAYMATRIX, size);
      matrix && size >= 9 * sizeof(std::int32_t))
    return orientationOf(reinterpret_cast<const std::int32_t*>(matrix));
  const AVFrameSideData* own = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (own && own->size >= 9 * sizeof(std::int32_t))
    return orientationOf(reinterpret_cast<const std::int32_t*>(own->data));
  return {};
}

const AVDOVIDecoderConfigurationRecord* dolbyVision(const AVStream& stream) {
  std::size_t size = 0;
  const std::uint8_t* data = sideData(stream, AV_PKT_DATA_DOVI_CONF, size);
  if (!data || size < sizeof(AVDOVIDecoderConfigurationRecord)) return nullptr;
  return reinterpret_cast<const AVDOVIDecoderConfigurationRecord*>(data);
}

int dolbyVisionProfile(const AVStream& stream) {
  const auto* record = dolbyVision(stream);
  return record ? record->dv_profile : -1;
}

// Profile 5 has Dolby's own colours only, and so has AV1's profile 10 when it says that it is
// compatible with nothing.
void refuseDolbyColours(const AVStream& stream) {
  const auto* record = dolbyVision(stream);
  if (!record) return;
  const int profile = record->dv_profile;
  if (profile == 5 || (profile == 10 && record->dv_bl_signal_compatibility_id == 0))
    refuse::dolbyVision5(profile);
}

void refuseShape(int width, int height) {
  if (width <= 0 || height <= 0) refuse::noPictures();
  if (static_cast<std::int64_t>(width) * height > kMaxPixels || std::max(width, height) > kMaxSide)
    refuse::tooManyPixels(width, height);
  if (std::max(width, height) > kMaxShape * std::min(width, height))
    refuse::badShape(width, height);
}

// A call may start with small pictures; the container names the size that counts.
bool growsLater(const AVFrame& frame, const AVCodecParameters& container) {
  if (container.width <= frame.width || container.height <= frame.height) return false;
  const double own = static_cast<double>(frame.width) / frame.height;
  const double later = static_cast<double>(container.width) / container.height;
  return std::abs(later / own - 1) < 0.03;
}

void describePicture(Probe::Video& video, const AVStream& stream, const AVFrame& frame,
                     const Orientation& orientation) {
  const AVRational aspect = pixelAspect(stream, frame);
  const AVCodecParameters& container = *stream.codecpar;
  const bool grows = growsLater(frame, container);
  video.storedWidth = grows ? container.width : frame.width;
  video.storedHeight = grows ? container.height : frame.height;
  video.sampleAspect = {aspect.num, aspect.den};
  video.width = std::max(1, static_cast<int>(std::lround(video.storedWidth * av_q2d(aspect))));
  video.height = video.storedHeight;
  if (orientation.swapsSides()) std::swap(video.width, video.height);
  video.rotation = orientation.rotation;
  video.mirrored = orientation.mirrored;
  const auto format = static_cast<AVPixelFormat>(frame.format);
  video.pixelFormat = known(av_get_pix_fmt_name(format));
  video.alpha = hasAlpha(format);
  video.bitDepth = av_pix_fmt_desc_get(format)->comp[0].depth;
  const Colours colours = coloursOf(frame, *stream.codecpar);
  video.fullRange = colours.fullRange;
  video.hdr = colours.isHdr();
  video.matrix = known(av_color_space_name(frame.colorspace));
  video.primaries = known(av_color_primaries_name(frame.color_primaries));
  video.transfer = known(av_color_transfer_name(frame.color_trc));
}

// A clip that loses its sound without a word would be worse than none. What fails later, in the
// middle of the sound, becomes silence with a warning.
void refuseBrokenSound(const Demuxer& demuxer) {
  if (!demuxer.audio()) return;
  try {
    Decoder sound(*demuxer.audio(), 1);
  } catch (const Refused&) {
    refuse::damagedSound();
  }
}

// Small pictures of the stored shape, enough to see whether they are dark.
PictureMaker smallPictures(const Demuxer& demuxer, const AVFrame& frame) {
  const int height = std::clamp(160 * frame.height / frame.width / 2 * 2, 2, 640);
  return {*demuxer.video().codecpar, {}, 160, height, 0xffffff};
}

bool saysWhereOrWho(const AVDictionary* tags) {
  static constexpr std::array<std::string_view, 10> telling{
      "location", "gps",       "make",  "model",   "artist",
      "author",   "copyright", "title", "comment", "description"};
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(tags, "", tag, AV_DICT_IGNORE_SUFFIX))) {
    const std::string_view key(tag->key);
    for (const std::string_view each : telling)
      if (key.find(each) != key.npos) return true;
  }
  return false;
}

bool saysWhereOrWho(const AVFormatContext& format) {
  bool any = saysWhereOrWho(format.metadata);
  for (unsigned i = 0; i < format.nb_streams; ++i)
    any = any || saysWhereOrWho(format.streams[i]->metadata);
  return any;
}

Probe::Audio describeAudio(const AVStream& stream, const Scan& scan) {
  const AVCodecParameters& codec = *stream.codecpar;
  std::array<char, 128> layout{};
  av_channel_layout_describe(&codec.ch_layout, layout.data(), layout.size());
  const std::int64_t us = scan.audioEndUs.value_or(0) - scan.audioStartUs.value_or(0);
  return {avcodec_get_name(codec.codec_id), codec.ch_layout.nb_channels, codec.sample_rate,
          layout.data(), us > 0 ? scan.audioBytes * 8'000 / us : 0};
}

void describeTracks(Probe& probe, const Demuxer& demuxer) {
  const AVFormatContext& format = demuxer.format();
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    const AVStream* stream = format.streams[i];
    if (stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
      ++probe.audioTracks;
    else if (stream != &demuxer.video())
      ++probe.otherTracks;
  }
}

Probe describe(const Demuxer& demuxer, const Scan& scan) {
  Probe probe;
  const AVFormatContext& format = demuxer.format();
  probe.container = demuxer.formatName();
  probe.bytes = demuxer.bytes();
  const std::int64_t videoUs = scan.videoEndUs - scan.videoStartUs;
  probe.durationMs = videoUs / 1000;
  probe.claimedDurationMs = format.duration == AV_NOPTS_VALUE ? -1 : format.duration / 1000;
  const AVCodecParameters& codec = *demuxer.video().codecpar;
  probe.video.codec = avcodec_get_name(codec.codec_id);
  probe.video.profile = profileName(codec);
  probe.video.frameRate = scan.rate.perSecond;
  probe.video.constantRate = scan.rate.constant;
  probe.video.frames = scan.videoPackets;
  probe.video.kbps = videoUs > 0 ? scan.videoBytes * 8'000 / videoUs : 0;
  probe.video.dolbyVisionProfile = dolbyVisionProfile(demuxer.video());
  describeTracks(probe, demuxer);
  if (demuxer.audio() && scan.audioStartUs) probe.audio = describeAudio(*demuxer.audio(), scan);
  return probe;
}

}  // namespace

// Pictures cost by their size, however little of them changes: a megabyte can hold a million
// million pixels. Nobody makes animations (WebP counts its own) as long as films.
void refuseBomb(const Scan& scan, const Probe::Video& video) {
  const bool isAnimation = video.codec == "gif" || video.codec == "apng";
  const std::int64_t pixels = std::int64_t{video.storedWidth} * video.storedHeight;
  if (scan.videoPackets > (isAnimation ? kMostAnimated : kMostFilmed) / pixels)
    refuse::tooMuchToDecode(scan.videoPackets, video.storedWidth, video.storedHeight);
}

std::int64_t FrameClock::timeOf(const AVFrame& frame) {
  const std::int64_t us = frame.best_effort_timestamp != AV_NOPTS_VALUE
                              ? av_rescale_q(frame.best_effort_timestamp, base_, AV_TIME_BASE_Q)
                              : nextUs_;
  nextUs_ = us + stepUs_;
  return us;
}

AVRational pixelAspect(const AVStream& stream, const AVFrame& frame) {
  const AVRational own = frame.sample_aspect_ratio, track = stream.sample_aspect_ratio;
  const AVRational aspect = track.num > 0 && track.den > 0 ? track : own;
  if (aspect.num <= 0 || aspect.den <= 0) return {1, 1};
  const double value = av_q2d(aspect);
  return value < 0.1 || value > 10 ? AVRational{1, 1} : aspect;
}

Source examine(int fd) {
  Source source;
  {
    Demuxer demuxer(fd);
    const AVCodecParameters& codec = *demuxer.video().codecpar;
    if (!avcodec_find_decoder(codec.codec_id))
      refuse::unsupportedCodec(
          codec.codec_id == AV_CODEC_ID_NONE ? std::string("?") : avcodec_get_name(codec.codec_id));
    if (codec.width > 0 && codec.height > 0) refuseShape(codec.width, codec.height);
    refuseDolbyColours(demuxer.video());
    source.scan = scan(demuxer);
    source.probe = describe(demuxer, source.scan);
    source.saysWhereOrWho = saysWhereOrWho(demuxer.format());
  }
  Demuxer demuxer(fd);
  refuseBrokenSound(demuxer);
  demuxer.dropAudio();
  Decoder decoder(demuxer.video(), 1);
  FrameClock clock(demuxer.video().time_base, source.scan.rate.perSecond);
  Probe::Video& video = source.probe.video;
  int frames = 0;
  decodeHead(demuxer, decoder, [&](const AVFrame& frame) {
    const std::int64_t us = clock.timeOf(frame);
    if (frames++ == 0) {
      refuseShape(frame.width, frame.height);
      source.orientation = turnOf(demuxer.video(), frame);
      source.firstUs = us;
      describePicture(video, demuxer.video(), frame, source.orientation);
      refuseBomb(source.scan, video);
      source.startsDark = isDark(look(*smallPictures(demuxer, frame).make(frame, {1, 1})));
    }
    video.interlaced = video.interlaced || isInterlaced(frame);
    return frames < kFirstFrames;
  });
  if (frames == 0) refuse::noPictures();
  return source;
}

}  // namespace clipcourier::transcoder
