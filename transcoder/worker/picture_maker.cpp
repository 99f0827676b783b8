#include "transcoder/worker/picture_maker.h"

#include <algorithm>
#include <cmath>

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

int evenAtMost(double value, int most) {
  return std::clamp(static_cast<int>(std::lround(value / 2)) * 2, 2, most);
}

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
                           int height, std::uint32_t background)
    : container_(container),
      orientation_(orientation),
      width_(width),
      height_(height),
      background_(background) {}

Frame PictureMaker::make(const AVFrame& frame, AVRational aspect) {
  const bool transparent = hasAlpha(static_cast<AVPixelFormat>(frame.format));
  Frame solid = transparent ? flatten(frame, background_) : share(frame);
  const Kind kind{solid->width, solid->height, solid->format, aspect,
                  coloursOf(*solid, container_)};
  if (!kind_ || !(*kind_ == kind)) {
    kind_ = kind;
    graph_.emplace(*solid, AVRational{1, 1'000'000}, filtersFor(kind));
  }
  Frame made;
  graph_->feed(std::move(solid), [&](Frame out) { made = std::move(out); });
  if (!made) throw Error(ErrorKind::internal, "the picture filters gave nothing");
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

std::string PictureMaker::filtersFor(const Kind& kind) const {
  const int across = orientation_.swapsSides() ? height_ : width_;
  const int down = orientation_.swapsSides() ? width_ : height_;
  const double shape = kind.width * av_q2d(kind.aspect) / kind.height;
  const double wanted = static_cast<double>(across) / down;
  int w = across, h = down;
  if (std::abs(shape / wanted - 1) > 0.03 && std::min(across, down) > 16) {
    if (shape > wanted)
      h = evenAtMost(across / shape, down);
    else
      w = evenAtMost(down * shape, across);
  }
  std::string filters = colourFilters(kind.colours, static_cast<AVPixelFormat>(kind.format),
                                      kind.width, kind.height, w, h);
  if (w != across || h != down)
    filters += ",pad=" + std::to_string(across) + ":" + std::to_string(down) + ":-1:-1";
  return filters + "," + turningFilters(orientation_) + "setsar=1";
}

}  // namespace clipcourier::transcoder
