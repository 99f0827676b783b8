#include "transcoder/worker/logo.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "transcoder/worker/descriptor_io.h"
#include "transcoder/worker/filter_graph.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

[[noreturn]] void unreadable(const std::string& de, const std::string& en) {
  throw Refused({"logo.unreadable",
                 {"Das Logo lässt sich nicht verwenden: " + de, "The logo cannot be used: " + en},
                 {"Nehmen Sie ein PNG, JPEG oder WebP mit höchstens 10 MB.",
                  "Take a PNG, JPEG or WebP of at most 10 MB."}});
}

std::string contentOf(int fd) {
  DescriptorFile file(fd);
  const auto size = static_cast<std::int64_t>(file.size());
  if (size == 0 || size > kMaxLogoBytes)
    unreadable("Die Datei ist leer oder zu groß.", "the file is empty or too large.");
  return file.readAll();
}

AVCodecID codecOf(const std::string& bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return AV_CODEC_ID_PNG;
  if (bytes.starts_with("\xFF\xD8\xFF")) return AV_CODEC_ID_MJPEG;
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.compare(8, 4, "WEBP") == 0)
    return AV_CODEC_ID_WEBP;
  return AV_CODEC_ID_NONE;
}

Frame decode(const std::string& bytes) {
  const AVCodec* decoder = avcodec_find_decoder(codecOf(bytes));
  if (!decoder) unreadable("Das ist weder PNG noch JPEG noch WebP.", "it is no PNG, JPEG or WebP.");
  Codec codec(avcodec_alloc_context3(decoder));
  if (!codec) throw std::bad_alloc();
  codec->max_pixels = kMaxLogoPixels;
  codec->thread_count = 1;
  codec->err_recognition |= AV_EF_EXPLODE;
  check(avcodec_open2(codec.get(), decoder, nullptr), "open the logo's decoder");
  Packet packet = newPacket();
  check(av_new_packet(packet.get(), static_cast<int>(bytes.size())), "logo");
  std::copy(bytes.begin(), bytes.end(), packet->data);
  Frame frame = newFrame();
  int rc = avcodec_send_packet(codec.get(), packet.get());
  if (rc >= 0) rc = avcodec_send_packet(codec.get(), nullptr);
  if (rc >= 0) rc = avcodec_receive_frame(codec.get(), frame.get());
  if (rc == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (rc < 0 || frame->width <= 0 || frame->height <= 0)
    unreadable("Die Datei ist beschädigt oder das Bild zu groß.",
               "the file is damaged or the picture too large.");
  return frame;
}

Frame through(const AVFrame& frame, const std::string& filters) {
  FilterGraph graph(frame, {1, 1}, filters);
  Frame made;
  graph.feed(share(frame), [&](Frame out) { made = std::move(out); });
  if (!made) throw Error(ErrorKind::internal, "no picture of the logo");
  return made;
}

// Colours of pixels that cannot be seen would shine through at the edges when it is scaled.
void multiplyWithAlpha(AVFrame& rgba) {
  check(av_frame_make_writable(&rgba), "logo");
  for (int y = 0; y < rgba.height; ++y) {
    std::uint8_t* pixel = rgba.data[0] + static_cast<std::ptrdiff_t>(y) * rgba.linesize[0];
    for (int x = 0; x < rgba.width; ++x, pixel += 4)
      for (int c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>((pixel[c] * pixel[3] + 127) / 255);
  }
}

struct LogoSize {
  int width, height;
};

// A tall logo is held to two fifths of the clip's height.
LogoSize sizeOf(const AVFrame& picture, const Edits::Logo& logo, int clipWidth, int clipHeight) {
  double width = clipWidth * logo.widthPercent / 100.0;
  double height = width * picture.height / picture.width;
  const double most = clipHeight * 0.4;
  if (height > most) {
    width *= most / height;
    height = most;
  }
  const auto whole = [](double side, int limit) {
    return std::clamp(static_cast<int>(std::lround(side)), 1, std::max(1, limit));
  };
  return {whole(width, clipWidth), whole(height, clipHeight)};
}

}  // namespace

Frame readLogo(int fd) {
  const Frame decoded = decode(contentOf(fd));
  // JPEG's colours are BT.601 in full range; libav says so for each format it decodes.
  return through(*decoded, "format=rgba");
}

Stamp makeStamp(const AVFrame& picture, const Edits::Logo& logo, int clipWidth, int clipHeight) {
  Frame source = newFrame();
  check(av_frame_ref(source.get(), &picture), "logo");
  multiplyWithAlpha(*source);
  const LogoSize size = sizeOf(picture, logo, clipWidth, clipHeight);
  const Frame scaled =
      through(*source, "scale=" + std::to_string(size.width) + ":" + std::to_string(size.height) +
                           ":flags=area+accurate_rnd+bitexact,format=rgba");
  Stamp stamp;
  stamp.width = size.width;
  stamp.height = size.height;
  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t* pixel =
        scaled->data[0] + static_cast<std::ptrdiff_t>(y) * scaled->linesize[0];
    for (int x = 0; x < size.width; ++x, pixel += 4) {
      const double opacity = logo.opacityPercent / 100.0;
      // Averaged colours may pass their alpha by a rounding.
      const auto part = [&](int c) { return std::min(pixel[c], pixel[3]) * opacity / 255; };
      const double r = part(0), g = part(1), b = part(2);
      const double luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      stamp.alpha.push_back(static_cast<std::uint8_t>(std::lround(pixel[3] * opacity)));
      stamp.y.push_back(static_cast<std::int16_t>(std::lround(219 * luma)));
      stamp.u.push_back(static_cast<std::int16_t>(std::lround(224 * (b - luma) / 1.8556)));
      stamp.v.push_back(static_cast<std::int16_t>(std::lround(224 * (r - luma) / 1.5748)));
    }
  }
  return stamp;
}

Spot spotOf(const Stamp& stamp, const Edits::Logo& logo, int clipWidth, int clipHeight) {
  const int margin =
      static_cast<int>(std::lround(std::min(clipWidth, clipHeight) * logo.marginPercent / 100.0));
  Spot spot{margin, margin};
  if (logo.corner.ends_with("right")) spot.x = clipWidth - margin - stamp.width;
  if (logo.corner.starts_with("bottom")) spot.y = clipHeight - margin - stamp.height;
  return spot;
}

}  // namespace clipcourier::transcoder
