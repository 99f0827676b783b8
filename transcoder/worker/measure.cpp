#include "transcoder/worker/measure.h"

#include <algorithm>
#include <memory>

#include "base/crypto.h"
#include "transcoder/worker/decoder.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/proof.h"

namespace clipcourier::transcoder {
namespace {

ReadAt readerOf(DescriptorFile& file) {
  return [&file](std::uint64_t offset, std::size_t count) { return file.readAt(offset, count); };
}

std::string orUnknown(const char* name) { return name ? name : "unknown"; }

std::string coloursOf(const AVFrame& frame) {
  return orUnknown(av_color_space_name(frame.colorspace)) + "/" +
         orUnknown(av_color_primaries_name(frame.color_primaries)) + "/" +
         orUnknown(av_color_transfer_name(frame.color_trc)) + "/" +
         orUnknown(av_color_range_name(frame.color_range));
}

class Measurement {
 public:
  explicit Measurement(int fd) : demuxer_(fd), video_(demuxer_.video(), 2) {
    video_.skipLoopFilter();  // whether each picture decodes is asked, not what it shows
    if (demuxer_.audio()) sound_ = std::make_unique<Decoder>(*demuxer_.audio(), 1);
    soundStart_ = INT64_MAX;
  }

  void run(Measured& m) {
    describe(m);
    while (Packet packet = demuxer_.next()) {
      if (demuxer_.isVideo(*packet))
        takeVideo(*packet, m);
      else if (sound_)
        sound_->feed(*packet, [&](Frame frame) { takeSound(*frame, m); });
    }
    video_.drain([&](Frame frame) { takeFrame(*frame, m); });
    if (sound_) sound_->drain([&](Frame frame) { takeSound(*frame, m); });
    m.decodeErrors = video_.errors();
    m.soundErrors = sound_ ? sound_->errors() : 0;
    m.soundStartUs = soundStart_ == INT64_MAX ? 0 : soundStart_;
  }

 private:
  void describe(Measured& m) {
    const AVFormatContext& format = demuxer_.format();
    addTags(format.metadata, m);
    for (unsigned i = 0; i < format.nb_streams; ++i) {
      const AVStream& stream = *format.streams[i];
      addTags(stream.metadata, m);
      switch (stream.codecpar->codec_type) {
        case AVMEDIA_TYPE_VIDEO: ++m.videoTracks; break;
        case AVMEDIA_TYPE_AUDIO: ++m.audioTracks; break;
        default: ++m.otherTracks; break;
      }
    }
    m.videoCodec = avcodec_get_name(demuxer_.video().codecpar->codec_id);
    if (!demuxer_.audio()) return;
    const AVCodecParameters& codec = *demuxer_.audio()->codecpar;
    m.audioCodec = avcodec_get_name(codec.codec_id);
    m.audioProfile = profileName(codec);
  }

  // The muxer's own words (brands, handler names, "und") say nothing about anybody.
  static void addTags(const AVDictionary* tags, Measured& m) {
    static const std::set<std::string> kHarmless{"major_brand", "minor_version",
                                                 "compatible_brands", "handler_name", "language"};
    const AVDictionaryEntry* tag = nullptr;
    while ((tag = av_dict_get(tags, "", tag, AV_DICT_IGNORE_SUFFIX)))
      if (!kHarmless.contains(tag->key) && std::string(tag->key) != "vendor_id")
        m.tags.insert(tag->key);
  }

  void takeVideo(const AVPacket& packet, Measured& m) {
    ++m.packets;
    countSlices({reinterpret_cast<const char*>(packet.data), static_cast<std::size_t>(packet.size)},
                m.avc.lengthBytes, m.slices);
    const AVRational base = demuxer_.video().time_base;
    m.videoEndUs =
        std::max(m.videoEndUs, av_rescale_q(packet.pts + packet.duration, base, AV_TIME_BASE_Q));
    video_.feed(packet, [&](Frame frame) { takeFrame(*frame, m); });
  }

  void takeFrame(const AVFrame& frame, Measured& m) {
    const std::int64_t us =
        av_rescale_q(frame.best_effort_timestamp, demuxer_.video().time_base, AV_TIME_BASE_Q);
    if (m.frames++ == 0) m.videoStartUs = us;
    m.interlacedFrames += isInterlaced(frame);
    m.width = frame.width;
    m.height = frame.height;
    m.pixelFormats.insert(orUnknown(av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format))) +
                          " " + std::to_string(frame.width) + "x" + std::to_string(frame.height));
    m.colours.insert(coloursOf(frame));
    const AVRational aspect = frame.sample_aspect_ratio;
    m.aspects.insert(std::to_string(aspect.num) + ":" + std::to_string(aspect.den));
  }

  void takeSound(const AVFrame& frame, Measured& m) {
    m.channels = frame.ch_layout.nb_channels;
    m.sampleRate = frame.sample_rate;
    const std::int64_t us =
        av_rescale_q(frame.best_effort_timestamp, demuxer_.audio()->time_base, AV_TIME_BASE_Q);
    soundStart_ = std::min(soundStart_, us);
    // The last frame is filled up with samples that its duration leaves out.
    const std::int64_t decoded = av_rescale(frame.nb_samples, 1'000'000, frame.sample_rate);
    const std::int64_t shown =
        av_rescale_q(frameDuration(frame), demuxer_.audio()->time_base, AV_TIME_BASE_Q);
    m.soundEndUs = std::max(m.soundEndUs, us + (shown > 0 ? std::min(shown, decoded) : decoded));
  }

  Demuxer demuxer_;
  Decoder video_;
  std::unique_ptr<Decoder> sound_;
  std::int64_t soundStart_;
};

}  // namespace

std::string sha256Of(int fd) {
  DescriptorFile file(fd);
  crypto::Sha256 hash;
  std::string buffer(1 << 20, '\0');
  for (int got; (got = file.read(reinterpret_cast<std::uint8_t*>(buffer.data()),
                                 static_cast<int>(buffer.size()))) > 0;)
    hash.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
  return crypto::hex(hash.finish());
}

Measured measure(int fd) {
  Measured m;
  DescriptorFile file(fd);
  m.bytes = file.size();
  m.sha256 = sha256Of(fd);
  m.mp4 = parseMp4(m.bytes, readerOf(file));
  for (const Mp4Track& track : m.mp4.tracks)
    if (track.handler == "vide") m.avc = parseAvcConfig(track.avcConfig);
  Measurement(fd).run(m);
  return m;
}

}  // namespace clipcourier::transcoder
