#include "transcoder/worker/logo.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "transcoder/worker/filter_graph.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/still_picture.h"

namespace clipcourier::transcoder {
namespace {

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

Frame readLogo(int fd) try {
  const StillPicture picture = readStill(fd, {kMaxLogoBytes, kMaxLogoPixels});
  return through(*picture.frame,
                 "format=rgba," + turningFilters(picture.orientation) + "format=rgba");
} catch (const UnreadableStill& error) {
  throw Refused({"logo.unreadable",
                 {"Das Logo lässt sich nicht verwenden: " + error.why().de,
                  "The logo cannot be used: " + error.why().en},
                 {"Nehmen Sie ein PNG, JPEG oder WebP mit höchstens 10 MB und 25 Megapixeln.",
                  "Take a PNG, JPEG or WebP of at most 10 MB and 25 megapixels."}});
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
