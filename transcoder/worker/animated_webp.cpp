#include "transcoder/worker/animated_webp.h"

#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <memory>
#include <new>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* it) const noexcept {
    Free(it);
  }
};
using AnimEncoder = std::unique_ptr<WebPAnimEncoder, Freed<WebPAnimEncoderDelete>>;
using AnimDecoder = std::unique_ptr<WebPAnimDecoder, Freed<WebPAnimDecoderDelete>>;
using Owned = std::unique_ptr<WebPPicture, Freed<WebPPictureFree>>;

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorKind::internal, "animated WebP: " + why);
}

void fill(WebPPicture& picture, const AVFrame& rgb) {
  for (int y = 0; y < rgb.height; ++y) {
    std::uint32_t* to = picture.argb + static_cast<std::ptrdiff_t>(y) * picture.argb_stride;
    const auto row = [&](int plane) {  // libav's planes are green, blue, red
      return rgb.data[plane] + static_cast<std::ptrdiff_t>(y) * rgb.linesize[plane];
    };
    const std::uint8_t *g = row(0), *b = row(1), *r = row(2);
    for (int x = 0; x < rgb.width; ++x)
      to[x] = 0xff000000u | static_cast<std::uint32_t>(r[x]) << 16 |
              static_cast<std::uint32_t>(g[x]) << 8 | b[x];
  }
}

void add(WebPAnimEncoder& encoder, const AVFrame& rgb, int ms, const WebPConfig& config) {
  WebPPicture picture;
  if (!WebPPictureInit(&picture)) fail("another version than we were built for");
  picture.use_argb = 1;
  picture.width = rgb.width;
  picture.height = rgb.height;
  if (!WebPPictureAlloc(&picture)) throw std::bad_alloc();
  const Owned owned(&picture);
  fill(picture, rgb);
  if (WebPAnimEncoderAdd(&encoder, &picture, ms, &config)) return;
  if (picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY) throw std::bad_alloc();
  fail(WebPAnimEncoderGetError(&encoder));
}

}  // namespace

std::string makeAnimatedWebp(const std::vector<const AVFrame*>& frames, Size size, Fraction rate,
                             int quality) {
  WebPAnimEncoderOptions options;
  WebPConfig config;
  if (!WebPAnimEncoderOptionsInit(&options) || !WebPConfigInit(&config))
    fail("another version than we were built for");
  options.anim_params.loop_count = 0;
  config.quality = static_cast<float>(quality);
  config.method = 3;
  const AnimEncoder encoder(WebPAnimEncoderNew(size.width, size.height, &options));
  if (!encoder) throw std::bad_alloc();
  Converter toRgb(size, "m=gbr:r=full", "gbrp");
  const auto msAt = [&](std::size_t frame) {
    return static_cast<int>(
        av_rescale(static_cast<std::int64_t>(frame), 1000LL * rate.den, rate.num));
  };
  for (std::size_t i = 0; i < frames.size(); ++i)
    add(*encoder, *toRgb.convert(*frames[i]), msAt(i), config);
  if (!WebPAnimEncoderAdd(encoder.get(), nullptr, msAt(frames.size()), nullptr))
    fail(WebPAnimEncoderGetError(encoder.get()));
  WebPData data;
  WebPDataInit(&data);
  const bool ok = WebPAnimEncoderAssemble(encoder.get(), &data);
  const std::unique_ptr<WebPData, Freed<WebPDataClear>> owned(&data);
  if (!ok) fail(WebPAnimEncoderGetError(encoder.get()));
  return {reinterpret_cast<const char*>(data.bytes), data.size};
}

MeasuredAnimation measureWebp(std::string_view bytes) {
  MeasuredAnimation m;
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) fail("another version than we were built for");
  const AnimDecoder decoder(WebPAnimDecoderNew(&data, &options));
  WebPAnimInfo info;
  if (!decoder || !WebPAnimDecoderGetInfo(decoder.get(), &info)) return m;
  m.size = {static_cast<int>(info.canvas_width), static_cast<int>(info.canvas_height)};
  m.loops = static_cast<int>(info.loop_count);
  m.shortestMs = INT64_MAX;
  while (WebPAnimDecoderHasMoreFrames(decoder.get())) {
    std::uint8_t* pixels = nullptr;
    int endMs = 0;
    if (!WebPAnimDecoderGetNext(decoder.get(), &pixels, &endMs)) break;
    m.shortestMs = std::min<std::int64_t>(m.shortestMs, endMs - m.durationMs);
    m.durationMs = endMs;
    ++m.frames;
  }
  m.whole = m.frames == info.frame_count;
  const WebPDemuxer* demuxer = WebPAnimDecoderGetDemuxer(decoder.get());
  const std::uint32_t flags = WebPDemuxGetI(demuxer, WEBP_FF_FORMAT_FLAGS);
  if (flags & ICCP_FLAG) m.tags.emplace_back("ICCP");
  if (flags & EXIF_FLAG) m.tags.emplace_back("EXIF");
  if (flags & XMP_FLAG) m.tags.emplace_back("XMP");
  return m;
}

}  // namespace clipcourier::transcoder
