#include "transcoder/worker/demuxer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "transcoder/worker/refusals.h"

extern "C" {
#include <libavutil/avstring.h>
}

namespace clipcourier::transcoder {
namespace {

// What we take. Everything else libav knows is not needed and only gives attackers more to try.
constexpr const char* kFormats =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,mpegts,mpeg,mpegvideo,m4v,h264,hevc,ogg,gif,"
    "apng,rm,swf,mxf,dv,ivf,obu,av1,nut,wtv";

bool isOneOf(std::string_view name, std::string_view list) {
  return av_match_list(std::string(name).c_str(), std::string(list).c_str(), ',') > 0;
}

bool isPlaylist(std::string_view name) {
  return isOneOf(name,
                 "hls,applehttp,dash,concat,sdp,rtsp,imf,ismv,webm_dash_manifest,tedcaptions");
}

bool isImage(std::string_view name) {
  return name == "image2" || name.ends_with("_pipe") || name == "ico" || name == "xbin";
}

int refuseToOpen(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

// The first bytes, for marks that libav does not tell about.
std::string head(DescriptorFile& file) {
  std::string bytes = file.readAt(0, 64 * 1024);
  file.seek(0, SEEK_SET);
  return bytes;
}

// Windows Media's content encryption objects (DRM), and the sample entries and key boxes of
// Common Encryption. libav would decode garbage or give up without a reason.
bool looksEncrypted(const std::string& head) {
  static const std::string asfEncryption(
      "\xFB\xB3\x11\x22\x23\xBD\xD2\x11\xB4\xB7\x00\xA0\xC9\x55\xFC\x6E", 16);
  static const std::string asfExtended(
      "\x14\xE6\x8A\x29\x22\x26\x17\x4C\xB9\x35\xDA\xE0\x7E\xE9\x28\x9C", 16);
  static const std::string asfHeader("\x30\x26\xB2\x75\x8E\x66\xCF\x11", 8);
  if (head.starts_with(asfHeader))
    return head.find(asfEncryption) != head.npos || head.find(asfExtended) != head.npos;
  if (head.size() < 8 || (head.compare(4, 4, "ftyp") != 0 && head.compare(4, 4, "moov") != 0))
    return false;
  return head.find("encv") != head.npos && head.find("sinf") != head.npos;
}

bool looksLikePlaylist(const std::string& head) {
  const bool isXml = head.starts_with("<") || head.starts_with("\xEF\xBB\xBF<");
  return head.find("#EXTM3U") != head.npos || head.starts_with("ffconcat") ||
         (isXml && head.find("<MPD") != head.npos);
}

// Microseconds a real timestamp stays within: thirty years. Beyond it sums could overflow.
constexpr std::int64_t kMaxUs = 1'000'000'000'000'000;

std::int64_t believable(std::int64_t time, AVRational base) {
  if (time == AV_NOPTS_VALUE) return time;
  const std::int64_t us = av_rescale_q(time, base, AV_TIME_BASE_Q);
  return us > -kMaxUs && us < kMaxUs ? time : AV_NOPTS_VALUE;
}

bool isAnimatedWebp(const std::string& head) {
  return head.starts_with("RIFF") && head.size() > 21 && head.compare(8, 8, "WEBPVP8X") == 0 &&
         (head[20] & 0x02);
}

const AVInputFormat* recognise(AVIOContext* io, const std::string& head) {
  const AVInputFormat* format = nullptr;
  const int score = av_probe_input_buffer2(io, &format, "", nullptr, 0, 1 << 20);
  if (looksLikePlaylist(head)) refuse::playlist();
  if (score < 0 || !format) {
    if (looksEncrypted(head)) refuse::encrypted();
    refuse::unknownFormat();
  }
  if (isPlaylist(format->name)) refuse::playlist();
  if (isImage(format->name)) refuse::stillImage();
  if (!isOneOf(format->name, kFormats)) refuse::unknownFormat();
  return format;
}

// What libav could not get. When there is plenty, a number in the file asked for more than any real
// one needs: that is damage.
bool isDamage(int rc) {
  constexpr std::size_t kPlenty = 256 << 20;
  if (rc == AVERROR(ENOMEM) && memoryIsShort(kPlenty)) throw std::bad_alloc();
  return rc < 0;
}

// A stream must not be able to ask for a huge picture while libav looks at it.
void findStreamInfo(AVFormatContext& format) {
  std::vector<AVDictionary*> options(format.nb_streams, nullptr);
  for (auto& each : options) {
    av_dict_set_int(&each, "max_pixels", kMaxPixels, 0);
    av_dict_set_int(&each, "threads", 1, 0);
  }
  const int rc = avformat_find_stream_info(&format, options.data());
  for (auto& each : options) av_dict_free(&each);
  if (isDamage(rc)) refuse::damaged();
}

bool isUsableAudio(const AVStream& stream) {
  const auto& codec = *stream.codecpar;
  return codec.codec_type == AVMEDIA_TYPE_AUDIO && avcodec_find_decoder(codec.codec_id) &&
         codec.sample_rate > 0 && codec.ch_layout.nb_channels > 0;
}

}  // namespace

Demuxer::Demuxer(int fd) : file_(fd) {
  if (file_.size() == 0) refuse::empty();
  open();
  chooseTracks();
  startTimeline();
}

void Demuxer::startTimeline() {
  const bool jumpy = format_->iformat && (format_->iformat->flags & AVFMT_TS_DISCONT);
  timeline_ = std::make_unique<Timeline>(jumpy);
  sound_ = SoundCount();
}

void Demuxer::open() {
  const std::string start = head(file_);
  if (isAnimatedWebp(start)) return openWebp();
  io_ = file_.reader();
  const AVInputFormat* recognised = recognise(io_.get(), start);

  AVFormatContext* context = avformat_alloc_context();
  if (!context) throw std::bad_alloc();
  context->pb = io_.get();
  context->flags |= AVFMT_FLAG_CUSTOM_IO;
  context->io_open = refuseToOpen;
  context->max_streams = 64;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "none", 0);
  av_dict_set(&options, "format_whitelist", kFormats, 0);
  const int rc = avformat_open_input(&context, "", recognised, &options);  // frees on failure
  av_dict_free(&options);
  if (looksEncrypted(start)) {
    if (rc >= 0) avformat_close_input(&context);
    refuse::encrypted();
  }
  if (isDamage(rc)) refuse::damaged();
  format_.reset(context);
  findStreamInfo(*format_);
}

void Demuxer::openWebp() {
  webp_ = std::make_unique<WebpAnimation>(file_);
  format_.reset(avformat_alloc_context());
  AVStream* stream = format_ ? avformat_new_stream(format_.get(), nullptr) : nullptr;
  if (!stream) throw std::bad_alloc();
  webp_->describe(*stream);
}

void Demuxer::chooseTracks() {
  video_ = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (video_ < 0) refuse::noVideo();
  if (video().disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS))
    refuse::noVideo();
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    const AVStream& stream = *format_->streams[i];
    if (!isUsableAudio(stream)) continue;
    const bool isDefault = stream.disposition & AV_DISPOSITION_DEFAULT;
    if (audio_ < 0) audio_ = static_cast<int>(i);
    if (isDefault) {
      audio_ = static_cast<int>(i);
      break;
    }
  }
  for (int i = 0; i < static_cast<int>(format_->nb_streams); ++i)
    if (i != video_ && i != audio_) format_->streams[i]->discard = AVDISCARD_ALL;
}

void Demuxer::dropAudio() {
  if (audio_ >= 0) format_->streams[audio_]->discard = AVDISCARD_ALL;
  audio_ = -1;
}

bool Demuxer::seek(std::int64_t us) {
  if (webp_) return false;
  const std::int64_t time = av_rescale_q(us, AV_TIME_BASE_Q, video().time_base);
  if (av_seek_frame(format_.get(), video_, time, AVSEEK_FLAG_BACKWARD) < 0) return false;
  startTimeline();
  return true;
}

int Demuxer::read(AVPacket& packet) {
  if (!webp_) return av_read_frame(format_.get(), &packet);
  const Packet next = webp_->next();
  if (!next) return webp_->endedByDamage() ? AVERROR_INVALIDDATA : AVERROR_EOF;
  av_packet_move_ref(&packet, next.get());
  return 0;
}

// Only within times that no sum can take out of range.
void Demuxer::recountSound(AVPacket& packet) {
  constexpr std::int64_t kDayUs = 86'400'000'000;
  const AVRational base = format_->streams[audio_]->time_base;
  if (packet.dts == AV_NOPTS_VALUE || packet.dts != packet.pts) return;
  if (std::abs(av_rescale_q(packet.dts, base, AV_TIME_BASE_Q)) > kDayUs) return;
  if (av_rescale_q(packet.duration, base, AV_TIME_BASE_Q) > 10'000'000) return;
  packet.dts += sound_.shift(packet.dts, std::max<std::int64_t>(packet.duration, 0));
  packet.pts = packet.dts;
}

Packet Demuxer::next() {
  Packet packet = newPacket();
  for (;;) {
    const int rc = read(*packet);
    if (isDamage(rc)) {
      damaged_ = damaged_ || rc != AVERROR_EOF;
      return nullptr;
    }
    const int track = packet->stream_index;
    if (track == video_ || (track == audio_ && audio_ >= 0)) break;
    av_packet_unref(packet.get());
  }
  const AVRational base = format_->streams[packet->stream_index]->time_base;
  packet->pts = believable(packet->pts, base);
  packet->dts = believable(packet->dts, base);
  if (packet->stream_index == audio_ && formatName() == "avi") recountSound(*packet);
  const std::int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
  if (time == AV_NOPTS_VALUE) return packet;
  const std::int64_t us = av_rescale_q(time, base, AV_TIME_BASE_Q);
  const std::int64_t duration = av_rescale_q(packet->duration, base, AV_TIME_BASE_Q);
  const std::int64_t shift = av_rescale_q(
      timeline_->shift(packet->stream_index, us, std::clamp<std::int64_t>(duration, 0, 10'000'000)),
      AV_TIME_BASE_Q, base);
  if (packet->dts != AV_NOPTS_VALUE) packet->dts += shift;
  if (packet->pts != AV_NOPTS_VALUE) packet->pts += shift;
  return packet;
}

}  // namespace clipcourier::transcoder
