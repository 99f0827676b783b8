#include "transcoder/worker/decoder.h"

#include <new>

#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {

Decoder::Decoder(const AVStream& stream, int threads) {
  const AVCodec* decoder = avcodec_find_decoder(stream.codecpar->codec_id);
  if (!decoder) refuse::unsupportedCodec(avcodec_get_name(stream.codecpar->codec_id));
  codec_.reset(avcodec_alloc_context3(decoder));
  if (!codec_) throw std::bad_alloc();
  check(avcodec_parameters_to_context(codec_.get(), stream.codecpar), "decoder parameters");
  codec_->pkt_timebase = stream.time_base;
  codec_->max_pixels = kMaxPixels;
  codec_->thread_count = threads;
  const int rc = avcodec_open2(codec_.get(), decoder, nullptr);
  if (rc == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (rc < 0) refuse::damaged();
}

void Decoder::flush() { avcodec_flush_buffers(codec_.get()); }

void Decoder::skipUnreferenced(bool skip) {
  codec_->skip_frame = skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
}

bool Decoder::note(int rc) {
  if (rc >= 0) return true;
  if (rc == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (rc != AVERROR_EOF) ++errors_;
  return false;
}

}  // namespace clipcourier::transcoder
