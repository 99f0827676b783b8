#include "transcoder/worker/encoder.h"

#include <new>

#include "base/error.h"

namespace clipcourier::transcoder {

SoundEncoder::SoundEncoder(int channels, int sampleRate, int kbps)
    : parameters_(avcodec_parameters_alloc()) {
  const AVCodec* encoder = avcodec_find_encoder_by_name("aac");
  if (!encoder) throw Error(ErrorKind::internal, "libav has no AAC encoder");
  codec_.reset(avcodec_alloc_context3(encoder));
  if (!codec_ || !parameters_) throw std::bad_alloc();
  // Nothing of the library's version or of the machine goes into the file.
  codec_->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
  codec_->sample_rate = sampleRate;
  codec_->sample_fmt = AV_SAMPLE_FMT_FLTP;
  codec_->bit_rate = kbps * 1000LL;
  codec_->profile = FF_PROFILE_AAC_LOW;
  codec_->time_base = {1, sampleRate};
  codec_->thread_count = 1;
  av_channel_layout_default(&codec_->ch_layout, channels);
  check(avcodec_open2(codec_.get(), encoder, nullptr), "open the AAC encoder");
  check(avcodec_parameters_from_context(parameters_.get(), codec_.get()), "AAC");
}

}  // namespace clipcourier::transcoder
