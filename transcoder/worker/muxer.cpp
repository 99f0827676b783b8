#include "transcoder/worker/muxer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

// x264 writes its version and settings into the stream; a clip holds nothing but the clip.
StreamFilter seiRemover(const AVCodecContext& video) {
  AVBSFContext* made = nullptr;
  check(av_bsf_list_parse_str("filter_units=remove_types=6", &made), "stream filter");
  StreamFilter filter(made);
  check(avcodec_parameters_from_context(filter->par_in, &video), "stream filter");
  filter->time_base_in = video.time_base;
  check(av_bsf_init(filter.get()), "stream filter");
  return filter;
}

}  // namespace

Muxer::Muxer(int fd, const AVCodecContext& video, const AVCodecContext* audio)
    : file_(fd), again_(fd), noSei_(seiRemover(video)), videoBase_(video.time_base) {
  if (ftruncate(fd, 0) != 0)
    throw Error(ErrorKind::internal, std::string("empty the clip: ") + strerror(errno));
  io_ = file_.writer();
  AVFormatContext* format = nullptr;
  check(avformat_alloc_output_context2(&format, nullptr, "mp4", nullptr), "MP4");
  format_.reset(format);
  format_->pb = io_.get();
  format_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
  format_->opaque = this;
  format_->io_open = openAgain;
  format_->io_close2 = closeAgain;
  addStreams(video, audio);
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "+faststart", 0);
  const int rc = avformat_write_header(format_.get(), &options);
  av_dict_free(&options);
  check(rc, "MP4 header");
}

Muxer::~Muxer() = default;

void Muxer::addStreams(const AVCodecContext& video, const AVCodecContext* audio) {
  AVStream* picture = avformat_new_stream(format_.get(), nullptr);
  if (!picture) throw std::bad_alloc();
  check(avcodec_parameters_copy(picture->codecpar, noSei_->par_out), "MP4 video");
  picture->time_base = video.time_base;
  picture->avg_frame_rate = video.framerate;
  picture->sample_aspect_ratio = {1, 1};
  if (!audio) return;
  AVStream* sound = avformat_new_stream(format_.get(), nullptr);
  if (!sound) throw std::bad_alloc();
  check(avcodec_parameters_from_context(sound->codecpar, audio), "MP4 audio");
  sound->time_base = audioBase_ = audio->time_base;
}

void Muxer::writeVideo(Packet packet) {
  check(av_bsf_send_packet(noSei_.get(), packet.get()), "stream filter");
  for (;;) {
    Packet clean = newPacket();
    const int rc = av_bsf_receive_packet(noSei_.get(), clean.get());
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return;
    check(rc, "stream filter");
    write(std::move(clean), 0, videoBase_);
  }
}

void Muxer::writeAudio(Packet packet) { write(std::move(packet), 1, audioBase_); }

void Muxer::write(Packet packet, int stream, AVRational base) {
  packet->stream_index = stream;
  av_packet_rescale_ts(packet.get(), base, format_->streams[stream]->time_base);
  check(av_interleaved_write_frame(format_.get(), packet.get()), "write the clip");
}

void Muxer::finish() {
  check(av_write_trailer(format_.get()), "finish the clip");
  avio_flush(io_.get());
  check(io_->error, "write the clip");
}

int Muxer::openAgain(AVFormatContext* format, AVIOContext** io, const char*, int flags,
                     AVDictionary**) {
  if (flags & AVIO_FLAG_WRITE) return AVERROR(EPERM);
  auto& self = *static_cast<Muxer*>(format->opaque);
  self.again_.seek(0, SEEK_SET);
  *io = self.again_.reader().release();
  return 0;
}

int Muxer::closeAgain(AVFormatContext*, AVIOContext* io) {
  if (io) ReleaseIo()(io);
  return 0;
}

}  // namespace clipcourier::transcoder
