#include "transcoder/worker/own_poster.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "transcoder/pictures.h"
#include "transcoder/worker/picture_maker.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/shrink.h"
#include "transcoder/worker/still_picture.h"

namespace clipcourier::transcoder {
namespace {

constexpr double kMostCropped = 0.34;  // of the picture
constexpr int kMaxShape = 50;          // one side at most so many times the other

[[noreturn]] void unreadable(const Words& why) {
  throw Refused(
      {"poster.unreadable",
       {"Das Bild lässt sich nicht verwenden: " + why.de, "The picture cannot be used: " + why.en},
       {"Nehmen Sie ein JPEG, PNG oder WebP mit höchstens 20 MB und 36 Megapixeln.",
        "Take a JPEG, PNG or WebP of at most 20 MB and 36 megapixels."}});
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

Frame readOwnPoster(int fd, Size clip, std::uint32_t background) try {
  const StillPicture picture = readStill(fd, {kMaxOwnPosterBytes, kMaxOwnPosterPixels});
  Size seen{picture.frame->width, picture.frame->height};
  if (picture.orientation.swapsSides()) std::swap(seen.width, seen.height);
  if (std::max(seen.width, seen.height) > kMaxShape * std::min(seen.width, seen.height))
    unreadable({"Es ist zu schmal.", "it is too narrow."});
  const double ratio = static_cast<double>(seen.width) / seen.height * clip.height / clip.width;
  const bool crop = 1 - std::min(ratio, 1 / ratio) <= kMostCropped;
  const Size size = posterSize(seen, clip, crop);
  Edits::Fit fit;
  fit.fill = crop ? "crop" : "blur";
  const CodecParameters unknown(avcodec_parameters_alloc());
  if (!unknown) throw std::bad_alloc();
  return PictureMaker(*unknown, picture.orientation, size.width, size.height, background, fit)
      .make(*picture.frame, {1, 1});
} catch (const UnreadableStill& error) {
  unreadable(error.why());
}

}  // namespace clipcourier::transcoder
