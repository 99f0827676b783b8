#include "transcoder/worker/muxer.h"

#include <unistd.h>

#include <cerrno>
#include <new>

#include "transcoder/worker/descriptor_io.h"

namespace clipcourier::transcoder {
namespace {

// A disk that is full or fails is nobody's defect, and a later try may work. The file's own error
// comes first: libav may call its consequences something else.
void written(int rc, const AVIOContext& file, const char* doing) {
  if (file.error < 0) cannotWrite(file.error, doing);
  check(rc, doing);
}

}  // namespace

Muxer::Muxer(int fd, const MuxTrack& video, const MuxTrack* audio)
    : file_(fd), again_(fd), videoBase_(video.timeBase) {
  if (ftruncate(fd, 0) != 0) cannotWrite(AVERROR(errno), "empty the clip");
  io_ = file_.writer();
  AVFormatContext* format = nullptr;
  check(avformat_alloc_output_context2(&format, nullptr, "mp4", nullptr), "MP4");
  format_.reset(format);
  format_->pb = io_.get();
  format_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
  format_->opaque = this;
  format_->io_open = openAgain;
  format_->io_close2 = closeAgain;
  format_->max_interleave_delta = 0;  // a slow track is waited for, so the order is always the same
  addStreams(video, audio);
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "+faststart", 0);
  const int rc = avformat_write_header(format_.get(), &options);
  av_dict_free(&options);
  written(rc, *io_, "MP4 header");
}

Muxer::~Muxer() = default;

void Muxer::addStreams(const MuxTrack& video, const MuxTrack* audio) {
  AVStream* picture = avformat_new_stream(format_.get(), nullptr);
  if (!picture) throw std::bad_alloc();
  check(avcodec_parameters_copy(picture->codecpar, video.codec), "MP4 video");
  picture->time_base = video.timeBase;
  picture->avg_frame_rate = video.frameRate;
  picture->sample_aspect_ratio = {1, 1};
  if (!audio) return;
  AVStream* sound = avformat_new_stream(format_.get(), nullptr);
  if (!sound) throw std::bad_alloc();
  check(avcodec_parameters_copy(sound->codecpar, audio->codec), "MP4 audio");
  sound->time_base = audioBase_ = audio->timeBase;
}

void Muxer::writeVideo(Packet packet) { write(std::move(packet), 0, videoBase_); }

void Muxer::writeAudio(Packet packet) { write(std::move(packet), 1, audioBase_); }

void Muxer::write(Packet packet, int stream, AVRational base) {
  packet->stream_index = stream;
  av_packet_rescale_ts(packet.get(), base, format_->streams[stream]->time_base);
  written(av_interleaved_write_frame(format_.get(), packet.get()), *io_, "write the clip");
}

void Muxer::finish() {
  written(av_write_trailer(format_.get()), *io_, "finish the clip");
  avio_flush(io_.get());
  written(0, *io_, "write the clip");
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
