#include "transcoder/worker/picture_maker.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

Frame throughFilters(const AVFrame& frame, const std::string& filters) {
  FilterGraph graph(frame, {1, 1'000'000}, filters);
  Frame result;
  graph.feed(share(frame), [&](Frame out) { result = std::move(out); });
  if (!result) throw Error(ErrorKind::internal, "filters gave no picture: " + filters);
  return result;
}

std::uint8_t blend(int value, int under, int alpha) {
  return static_cast<std::uint8_t>((value * alpha + under * (255 - alpha) + 127) / 255);
}

CodecParameters ownCopy(const AVCodecParameters& from) {
  CodecParameters copy(avcodec_parameters_alloc());
  if (!copy) throw std::bad_alloc();
  check(avcodec_parameters_copy(copy.get(), &from), "track parameters");
  return copy;
}

// A picture that differs so little from the clip's shape is stretched unseen. A chosen shape is
// kept exactly.
constexpr double kUnseenStretch = 0.03;

}  // namespace

bool hasAlpha(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  return desc && (desc->flags & AV_PIX_FMT_FLAG_ALPHA);
}

Frame flatten(const AVFrame& frame, std::uint32_t background) {
  Frame rgba = throughFilters(frame, "format=rgba");
  check(av_frame_make_writable(rgba.get()), "flatten");
  const int under[3] = {static_cast<int>(background >> 16 & 255),
                        static_cast<int>(background >> 8 & 255),
                        static_cast<int>(background & 255)};
  for (int y = 0; y < rgba->height; ++y) {
    std::uint8_t* pixel = rgba->data[0] + static_cast<std::ptrdiff_t>(y) * rgba->linesize[0];
    for (int x = 0; x < rgba->width; ++x, pixel += 4) {
      const int alpha = pixel[3];
      if (alpha == 255) continue;
      for (int c = 0; c < 3; ++c) pixel[c] = blend(pixel[c], under[c], alpha);
      pixel[3] = 255;
    }
  }
  rgba->format = AV_PIX_FMT_RGB0;
  rgba->colorspace = AVCOL_SPC_RGB;
  rgba->color_range = AVCOL_RANGE_JPEG;
  return rgba;
}

bool PictureMaker::Kind::operator==(const Kind& o) const {
  return width == o.width && height == o.height && format == o.format && colours == o.colours &&
         av_cmp_q(aspect, o.aspect) == 0;
}

PictureMaker::PictureMaker(const AVCodecParameters& container, Orientation orientation, int width,
                           int height, std::uint32_t background, std::optional<Edits::Fit> fit)
    : container_(ownCopy(container)),
      orientation_(orientation),
      width_(width),
      height_(height),
      background_(background),
      fit_(std::move(fit)) {}

Frame PictureMaker::make(const AVFrame& frame, AVRational aspect) {
  const bool transparent = hasAlpha(static_cast<AVPixelFormat>(frame.format));
  Frame solid = transparent ? flatten(frame, background_) : share(frame);
  const Kind kind{solid->width, solid->height, solid->format, aspect,
                  coloursOf(*solid, *container_)};
  if (!kind_ || !(*kind_ == kind)) {
    kind_ = kind;
    graph_.emplace(*solid, AVRational{1, 1'000'000}, filtersFor(kind));
    toneMapper_.reset();
    if (kind.colours.isHdr()) toneMapper_.emplace(kind.colours.transfer, kind.colours.primaries);
    padding_.emplace(width_, height_, fit_ ? fit_->fill : "", fit_ ? fit_->colour : 0);
  }
  Frame made;
  graph_->feed(std::move(solid), [&](Frame out) { made = std::move(out); });
  if (!made) throw Error(ErrorKind::internal, "the picture filters gave nothing");
  if (toneMapper_) made = toneMapper_->map(*made);
  made = padding_->pad(std::move(made));
  made->sample_aspect_ratio = {1, 1};
  made->pict_type = AV_PICTURE_TYPE_NONE;  // or the encoder would copy the source's decision
  made->colorspace = AVCOL_SPC_BT709;
  made->color_primaries = AVCOL_PRI_BT709;
  made->color_trc = AVCOL_TRC_BT709;
  made->color_range = AVCOL_RANGE_MPEG;
  // Side data is captions, GPS, encoder strings: none of it belongs into a clip.
  while (made->nb_side_data > 0) av_frame_remove_side_data(made.get(), made->side_data[0]->type);
  av_dict_free(&made->metadata);
  return made;
}

// Everything up to the turning happens in the stored picture's own directions.
std::string PictureMaker::filtersFor(const Kind& kind) const {
  Size room{width_, height_};
  if (orientation_.swapsSides()) std::swap(room.width, room.height);
  Size stored{kind.width, kind.height};
  double shape = kind.width * av_q2d(kind.aspect) / kind.height;
  const double wanted = static_cast<double>(room.width) / room.height;
  const std::string crop = cropFilter(kind, stored, shape, wanted);
  const Size size = fitInto(room, shape, fit_ ? 0.002 : kUnseenStretch);
  const auto filters = kind.colours.isHdr() ? hdrFilters : colourFilters;
  return crop +
         filters(kind.colours, static_cast<AVPixelFormat>(kind.format), stored.width, stored.height,
                 size.width, size.height) +
         "," + turningFilters(orientation_) + "setsar=1";
}

std::string PictureMaker::cropFilter(const Kind& kind, Size& stored, double& shape,
                                     double wanted) const {
  if (!fit_ || fit_->fill != "crop") return "";
  const Part part =
      cropOf(stored, av_q2d(kind.aspect), wanted, fit_->focusX, fit_->focusY, orientation_);
  shape = wanted;  // but for a pixel
  if (part.width == stored.width && part.height == stored.height) return "";
  stored = {part.width, part.height};
  return "crop=" + std::to_string(part.width) + ":" + std::to_string(part.height) + ":" +
         std::to_string(part.x) + ":" + std::to_string(part.y) + ",";
}

}  // namespace clipcourier::transcoder
