#include "transcoder/worker/encoder.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

Codec makeCodec(const char* name) {
  const AVCodec* encoder = avcodec_find_encoder_by_name(name);
  if (!encoder)
    throw Error(ErrorKind::internal, std::string("libav has no encoder ") + name,
                "Install Debian's libavcodec59 with libx264.");
  Codec codec(avcodec_alloc_context3(encoder));
  if (!codec) throw std::bad_alloc();
  // Nothing of the library's version or of the machine goes into the file.
  codec->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
  return codec;
}

void option(AVCodecContext& codec, const char* key, const std::string& value) {
  check(av_opt_set(&codec, key, value.c_str(), AV_OPT_SEARCH_CHILDREN),
        std::string("encoder option ") + key);
}

// Fixed per size and not by the machine, because x264's output depends on it.
int threadsFor(int width, int height) {
  const int pixels = width * height;
  return pixels <= 320 * 240 ? 1 : pixels <= 640 * 480 ? 2 : 4;
}

}  // namespace

Encoder Encoder::video(const Plan& plan, const Profile& profile) {
  Codec codec = makeCodec("libx264");
  codec->width = plan.width;
  codec->height = plan.height;
  codec->pix_fmt = AV_PIX_FMT_YUV420P;
  codec->sample_aspect_ratio = {1, 1};
  codec->time_base = {plan.frameRate.den, plan.frameRate.num};
  codec->framerate = {plan.frameRate.num, plan.frameRate.den};
  codec->colorspace = AVCOL_SPC_BT709;
  codec->color_primaries = AVCOL_PRI_BT709;
  codec->color_trc = AVCOL_TRC_BT709;
  codec->color_range = AVCOL_RANGE_MPEG;
  codec->chroma_sample_location = AVCHROMA_LOC_LEFT;
  codec->max_b_frames = profile.video.maxBFrames;
  codec->rc_max_rate = plan.maxKbps * 1000LL;
  codec->rc_buffer_size = plan.bufferKbit * 1000;
  codec->thread_count = threadsFor(plan.width, plan.height);
  // A key frame at least every five seconds: people jump in a clip, and posters are taken there.
  codec->gop_size = std::max(2, static_cast<int>(std::lround(plan.frameRate.value() * 5)));
  option(*codec, "preset", profile.video.preset);
  option(*codec, "profile", profile.video.profile);
  option(*codec, "crf", std::to_string(plan.crf));
  option(*codec, "a53cc", "0");
  option(*codec, "x264-params", "force-cfr=1:bframes=" + std::to_string(profile.video.maxBFrames));
  check(avcodec_open2(codec.get(), codec->codec, nullptr), "open the H.264 encoder");
  return Encoder(std::move(codec));
}

Encoder Encoder::audio(const Plan& plan, const Profile& profile) {
  Codec codec = makeCodec("aac");
  codec->sample_rate = profile.audio.sampleRate;
  codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
  codec->bit_rate = plan.audioKbps * 1000LL;
  codec->profile = FF_PROFILE_AAC_LOW;
  codec->time_base = {1, profile.audio.sampleRate};
  av_channel_layout_default(&codec->ch_layout, profile.audio.channels);
  check(avcodec_open2(codec.get(), codec->codec, nullptr), "open the AAC encoder");
  return Encoder(std::move(codec));
}

}  // namespace clipcourier::transcoder
