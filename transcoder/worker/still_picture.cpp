#include "transcoder/worker/still_picture.h"

#include <webp/decode.h>

#include <cstring>
#include <new>
#include <string>

#include "transcoder/worker/descriptor_io.h"
#include "transcoder/worker/exif.h"

namespace clipcourier::transcoder {
namespace {

[[noreturn]] void unreadable(const char* de, const char* en) { throw UnreadableStill({de, en}); }

[[noreturn]] void damaged() {
  unreadable("Die Datei ist beschädigt oder das Bild zu groß.",
             "the file is damaged or the picture too large.");
}

std::string contentOf(int fd, std::uint64_t limit) {
  DescriptorFile file(fd);
  if (file.size() == 0) unreadable("Die Datei ist leer.", "the file is empty.");
  if (file.size() > limit) unreadable("Die Datei ist zu groß.", "the file is too large.");
  return file.readAll();
}

// libav's decoder knows no animations and says nothing of them.
Frame decodeWebp(const std::string& bytes, std::int64_t maxPixels) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) damaged();
  if (features.has_animation) unreadable("Es bewegt sich.", "it is an animation.");
  if (static_cast<std::int64_t>(features.width) * features.height > maxPixels) damaged();
  Frame frame = newFrame();
  frame->width = features.width;
  frame->height = features.height;
  frame->format = features.has_alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB0;
  check(av_frame_get_buffer(frame.get(), 0), "a picture");
  const auto size =
      static_cast<std::size_t>(frame->linesize[0]) * static_cast<std::size_t>(frame->height);
  if (!WebPDecodeRGBAInto(data, bytes.size(), frame->data[0], size, frame->linesize[0])) damaged();
  return frame;
}

Frame decodeByLibav(const std::string& bytes, AVCodecID id, std::int64_t maxPixels) {
  const AVCodec* decoder = avcodec_find_decoder(id);
  Codec codec(decoder ? avcodec_alloc_context3(decoder) : nullptr);
  if (!codec) throw std::bad_alloc();
  codec->max_pixels = maxPixels;
  codec->thread_count = 1;
  codec->err_recognition |= AV_EF_EXPLODE;  // or what is missing would be grey
  check(avcodec_open2(codec.get(), decoder, nullptr), "open the decoder of a picture");
  Packet packet = newPacket();
  check(av_new_packet(packet.get(), static_cast<int>(bytes.size())), "a picture");
  std::memcpy(packet->data, bytes.data(), bytes.size());
  Frame frame = newFrame();
  int rc = avcodec_send_packet(codec.get(), packet.get());
  if (rc >= 0) rc = avcodec_send_packet(codec.get(), nullptr);
  if (rc >= 0) rc = avcodec_receive_frame(codec.get(), frame.get());
  if (rc == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (rc < 0 || frame->width <= 0 || frame->height <= 0) damaged();
  return frame;
}

Frame decode(const std::string& bytes, std::int64_t maxPixels) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"))
    return decodeByLibav(bytes, AV_CODEC_ID_PNG, maxPixels);
  if (bytes.starts_with("\xff\xd8\xff")) return decodeByLibav(bytes, AV_CODEC_ID_MJPEG, maxPixels);
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.compare(8, 4, "WEBP") == 0)
    return decodeWebp(bytes, maxPixels);
  unreadable("Es ist weder JPEG noch PNG noch WebP.", "it is no JPEG, PNG or WebP.");
}

// Stills are sRGB, and JPEG's planes BT.601 in full range (JFIF), whatever size they have.
void nameColours(AVFrame& frame) {
  const AVPixFmtDescriptor& format = *av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const bool rgb = format.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL);
  frame.colorspace = rgb ? AVCOL_SPC_RGB : AVCOL_SPC_BT470BG;
  frame.color_primaries = AVCOL_PRI_BT709;
  frame.color_trc = AVCOL_TRC_IEC61966_2_1;
  frame.color_range = AVCOL_RANGE_JPEG;
}

}  // namespace

StillPicture readStill(int fd, const StillLimits& limits) {
  const std::string bytes = contentOf(fd, limits.bytes);
  StillPicture picture{decode(bytes, limits.pixels), exifOrientation(bytes)};
  nameColours(*picture.frame);
  picture.frame->pts = 0;
  picture.frame->sample_aspect_ratio = {1, 1};
  return picture;
}

}  // namespace clipcourier::transcoder
