#include "transcoder/worker/decoder.h"

#include <new>
#include <string_view>

#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

// libav's own VP8 and VP9 leave the transparency out, which WebM keeps beside the pictures.
const AVCodec* decoderFor(const AVStream& stream) {
  const AVCodecID id = stream.codecpar->codec_id;
  const AVDictionaryEntry* alpha = av_dict_get(stream.metadata, "alpha_mode", nullptr, 0);
  if (alpha && std::string_view(alpha->value) == "1") {
    const char* name = id == AV_CODEC_ID_VP9   ? "libvpx-vp9"
                       : id == AV_CODEC_ID_VP8 ? "libvpx"
                                               : nullptr;
    if (const AVCodec* own = name ? avcodec_find_decoder_by_name(name) : nullptr) return own;
  }
  return avcodec_find_decoder(id);
}

}  // namespace

Decoder::Decoder(const AVStream& stream, int threads) {
  const AVCodec* decoder = decoderFor(stream);
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

void Decoder::skipLoopFilter() { codec_->skip_loop_filter = AVDISCARD_ALL; }

bool Decoder::note(int rc) {
  if (rc >= 0) return true;
  if (rc == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (rc != AVERROR_EOF) ++errors_;
  return false;
}

}  // namespace clipcourier::transcoder
