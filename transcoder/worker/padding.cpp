#include "transcoder/worker/padding.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "transcoder/worker/fit.h"
#include "transcoder/worker/yuv.h"

namespace clipcourier::transcoder {
namespace {

// The background is made small, where a strong blur is cheap, and then enlarged softly.
constexpr int kBlurShrink = 8;

int evenNear(double value) { return std::max(2, static_cast<int>(std::lround(value / 2)) * 2); }

std::string size(int width, int height) {
  return std::to_string(width) + ":" + std::to_string(height);
}

void fillPlane(AVFrame& frame, int plane, int rows, int columns, std::uint8_t value) {
  for (int y = 0; y < rows; ++y)
    std::memset(frame.data[plane] + static_cast<std::ptrdiff_t>(y) * frame.linesize[plane], value,
                static_cast<std::size_t>(columns));
}

// Both yuv420p; x and y are even.
void lay(const AVFrame& picture, int x, int y, AVFrame& canvas) {
  for (int plane = 0; plane < 3; ++plane) {
    const int shift = plane ? 1 : 0;
    const int rows = (picture.height + shift) >> shift, columns = (picture.width + shift) >> shift;
    for (int row = 0; row < rows; ++row)
      std::memcpy(canvas.data[plane] +
                      static_cast<std::ptrdiff_t>((y >> shift) + row) * canvas.linesize[plane] +
                      (x >> shift),
                  picture.data[plane] + static_cast<std::ptrdiff_t>(row) * picture.linesize[plane],
                  static_cast<std::size_t>(columns));
  }
}

}  // namespace

Frame copyOf(const AVFrame& like) {
  Frame copy = newFrame();
  copy->format = like.format;
  copy->width = like.width;
  copy->height = like.height;
  check(av_frame_get_buffer(copy.get(), 0), "picture");
  check(av_frame_copy(copy.get(), &like), "picture");
  check(av_frame_copy_props(copy.get(), &like), "picture");
  return copy;
}

Padding::Padding(int width, int height, std::string fill, std::uint32_t colour)
    : width_(width), height_(height), fill_(std::move(fill)), colour_(colour) {}

Frame Padding::pad(Frame picture) {
  if (picture->width == width_ && picture->height == height_) return picture;
  Frame canvas = fill_ == "blur" ? blurred(*picture) : coloured();
  lay(*picture, (width_ - picture->width) / 4 * 2, (height_ - picture->height) / 4 * 2, *canvas);
  check(av_frame_copy_props(canvas.get(), picture.get()), "picture");
  return canvas;
}

Frame Padding::coloured() const {
  Frame canvas = newFrame();
  canvas->format = AV_PIX_FMT_YUV420P;
  canvas->width = width_;
  canvas->height = height_;
  check(av_frame_get_buffer(canvas.get(), 0), "picture");
  const Yuv colour = toYuv(fill_ == "colour" ? colour_ : 0);
  fillPlane(*canvas, 0, height_, width_, colour.y);
  fillPlane(*canvas, 1, (height_ + 1) / 2, (width_ + 1) / 2, colour.u);
  fillPlane(*canvas, 2, (height_ + 1) / 2, (width_ + 1) / 2, colour.v);
  return canvas;
}

// The middle of the picture in the canvas's shape, so that nothing is stretched; so strongly
// blurred that nothing in it draws the eye, and darker than the picture on it.
Frame Padding::blurred(const AVFrame& picture) {
  if (!blur_) {
    const Size part =
        fitInto({picture.width, picture.height}, static_cast<double>(width_) / height_, 0);
    const int width = evenNear(static_cast<double>(width_) / kBlurShrink);
    const int height = evenNear(static_cast<double>(height_) / kBlurShrink);
    const std::string sigma = std::to_string(std::max(1.0, std::min(width, height) * 0.06));
    blur_.emplace(picture, AVRational{1, 1'000'000},
                  "crop=" + size(part.width, part.height) + ",scale=" + size(width, height) +
                      ":flags=area+accurate_rnd+bitexact,gblur=sigma=" + sigma +
                      ":steps=3,lutyuv=y=16+(val-16)*0.68:u=128+(val-128)*0.9:v=128+(val-128)*0.9,"
                      "scale=" +
                      size(width_, height_) + ":flags=bicubic+accurate_rnd+bitexact");
  }
  Frame made;
  blur_->feed(share(picture), [&](Frame out) { made = std::move(out); });
  if (!made) throw Error(ErrorKind::internal, "the blurred background gave nothing");
  check(av_frame_make_writable(made.get()), "picture");
  return made;
}

}  // namespace clipcourier::transcoder
