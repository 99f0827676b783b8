#include "transcoder/worker/own_poster.h"

#include <webp/decode.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <string>

#include "base/error.h"
#include "transcoder/pictures.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/descriptor_io.h"
#include "transcoder/worker/exif.h"
#include "transcoder/worker/picture_maker.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/shrink.h"

namespace clipcourier::transcoder {
namespace {

constexpr double kMostCropped = 0.34;  // of the picture
constexpr int kMaxShape = 50;          // one side at most so many times the other

[[noreturn]] void unreadable(const char* de, const char* en) {
  throw Refused({"poster.unreadable",
                 {std::string("Das Bild lässt sich nicht verwenden: ") + de,
                  std::string("The picture cannot be used: ") + en},
                 {"Nehmen Sie ein JPEG, PNG oder WebP mit höchstens 20 MB und 36 Megapixeln.",
                  "Take a JPEG, PNG or WebP of at most 20 MB and 36 megapixels."}});
}

std::string contentOf(int fd) {
  DescriptorFile file(fd);
  if (file.size() == 0) unreadable("Die Datei ist leer.", "the file is empty.");
  if (file.size() > kMaxOwnPosterBytes)
    unreadable("Die Datei ist zu groß.", "the file is too large.");
  return file.readAll();
}

[[noreturn]] void damaged() {
  unreadable("Die Datei ist beschädigt oder das Bild zu groß.",
             "the file is damaged or the picture too large.");
}

Frame decodeWebp(const std::string& bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) damaged();
  if (features.has_animation) unreadable("Es bewegt sich.", "it is an animation.");
  if (static_cast<std::int64_t>(features.width) * features.height > kMaxOwnPosterPixels) damaged();
  Frame frame = newFrame();
  frame->width = features.width;
  frame->height = features.height;
  frame->format = features.has_alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB0;
  check(av_frame_get_buffer(frame.get(), 0), "poster");
  const auto size =
      static_cast<std::size_t>(frame->linesize[0]) * static_cast<std::size_t>(frame->height);
  if (!WebPDecodeRGBAInto(data, bytes.size(), frame->data[0], size, frame->linesize[0])) damaged();
  return frame;
}

Frame decodeByLibav(const std::string& bytes, AVCodecID id) {
  const AVCodec* decoder = avcodec_find_decoder(id);
  Codec codec(decoder ? avcodec_alloc_context3(decoder) : nullptr);
  if (!codec) throw std::bad_alloc();
  codec->max_pixels = kMaxOwnPosterPixels;
  codec->thread_count = 1;
  check(avcodec_open2(codec.get(), decoder, nullptr), "open the poster's decoder");
  Packet packet = newPacket();
  check(av_new_packet(packet.get(), static_cast<int>(bytes.size())), "poster");
  std::memcpy(packet->data, bytes.data(), bytes.size());
  Frame frame = newFrame();
  int rc = avcodec_send_packet(codec.get(), packet.get());
  if (rc >= 0) rc = avcodec_send_packet(codec.get(), nullptr);
  if (rc >= 0) rc = avcodec_receive_frame(codec.get(), frame.get());
  if (rc == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (rc < 0 || frame->width <= 0 || frame->height <= 0) damaged();
  return frame;
}

Frame decode(const std::string& bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return decodeByLibav(bytes, AV_CODEC_ID_PNG);
  if (bytes.starts_with("\xff\xd8\xff")) return decodeByLibav(bytes, AV_CODEC_ID_MJPEG);
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.compare(8, 4, "WEBP") == 0)
    return decodeWebp(bytes);
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

// The largest picture in the clip's shape that enlarges nothing.
Size posterSize(Size seen, Size clip, bool crop) {
  const double wanted = static_cast<double>(clip.width) / clip.height;
  const double shape = static_cast<double>(seen.width) / seen.height;
  const bool byWidth = crop == (shape < wanted);
  const double width = byWidth ? seen.width : seen.height * wanted;
  const Size whole{std::max(2, static_cast<int>(std::lround(width))),
                   std::max(2, static_cast<int>(std::lround(width / wanted)))};
  return atMost(kPosterLongSide, whole);
}

}  // namespace

Frame readOwnPoster(int fd, Size clip, std::uint32_t background) {
  const std::string bytes = contentOf(fd);
  const Frame picture = decode(bytes);
  nameColours(*picture);
  const Orientation orientation = exifOrientation(bytes);
  Size seen{picture->width, picture->height};
  if (orientation.swapsSides()) std::swap(seen.width, seen.height);
  if (std::max(seen.width, seen.height) > kMaxShape * std::min(seen.width, seen.height))
    unreadable("Es ist zu schmal.", "it is too narrow.");
  const double ratio = static_cast<double>(seen.width) / seen.height * clip.height / clip.width;
  const bool crop = 1 - std::min(ratio, 1 / ratio) <= kMostCropped;
  const Size size = posterSize(seen, clip, crop);
  Edits::Fit fit;
  fit.fill = crop ? "crop" : "blur";
  const std::unique_ptr<AVCodecParameters, Release<avcodec_parameters_free>> unknown(
      avcodec_parameters_alloc());
  if (!unknown) throw std::bad_alloc();
  picture->pts = 0;
  picture->sample_aspect_ratio = {1, 1};
  return PictureMaker(*unknown, orientation, size.width, size.height, background, fit)
      .make(*picture, {1, 1});
}

}  // namespace clipcourier::transcoder
