#include "transcoder/worker/jpeg.h"

#include <new>

#include "transcoder/worker/shrink.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kBestQuality = 3;  // mjpeg's quantiser: 2 is best, 31 worst
constexpr int kWorstQuality = 25;

Frame toJfif(const AVFrame& picture, Size size) {
  Frame result = convert(picture, size, "m=470bg:r=full", "yuv420p");
  result->format = AV_PIX_FMT_YUVJ420P;  // the same planes, said the way the encoder wants it
  result->color_range = AVCOL_RANGE_JPEG;
  return result;
}

std::string encode(const AVFrame& picture, int quality) {
  const AVCodec* encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  Codec codec(encoder ? avcodec_alloc_context3(encoder) : nullptr);
  if (!codec) throw std::bad_alloc();
  codec->width = picture.width;
  codec->height = picture.height;
  codec->pix_fmt = AV_PIX_FMT_YUVJ420P;
  codec->color_range = AVCOL_RANGE_JPEG;
  codec->time_base = {1, 1};
  codec->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
  codec->global_quality = quality * FF_QP2LAMBDA;
  codec->thread_count = 1;
  check(avcodec_open2(codec.get(), encoder, nullptr), "open the JPEG encoder");
  Frame frame = share(picture);
  frame->quality = codec->global_quality;
  frame->pts = 0;
  frame->pict_type = AV_PICTURE_TYPE_NONE;
  check(avcodec_send_frame(codec.get(), frame.get()), "JPEG");
  check(avcodec_send_frame(codec.get(), nullptr), "JPEG");
  Packet packet = newPacket();
  check(avcodec_receive_packet(codec.get(), packet.get()), "JPEG");
  return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

}  // namespace

Still makeJpeg(const AVFrame& picture, int longSide, ByteSize limit) {
  const Size size = atMost(longSide, {picture.width, picture.height});
  const Frame frame = toJfif(picture, size);
  Still jpeg{size.width, size.height, {}};
  for (int quality = kBestQuality; quality <= kWorstQuality; quality += 2) {
    jpeg.bytes = encode(*frame, quality);
    if (jpeg.bytes.size() <= limit.bytes) break;
  }
  return jpeg;
}

}  // namespace clipcourier::transcoder
