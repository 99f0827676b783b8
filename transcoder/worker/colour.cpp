#include "transcoder/worker/colour.h"

namespace clipcourier::transcoder {
namespace {

template <class T>
T firstKnown(T frame, T container, T unknown, T reserved) {
  if (frame != unknown && frame != reserved) return frame;
  return container == reserved ? unknown : container;
}

AVColorSpace guessMatrix(AVColorSpace said, bool rgb, int height) {
  switch (said) {
    case AVCOL_SPC_BT709:
    case AVCOL_SPC_FCC:
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_SMPTE240M:
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
    case AVCOL_SPC_YCGCO: return rgb ? AVCOL_SPC_RGB : said;
    default: break;
  }
  if (rgb) return AVCOL_SPC_RGB;
  return height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

AVColorPrimaries guessPrimaries(AVColorPrimaries said, AVColorSpace matrix) {
  switch (said) {
    case AVCOL_PRI_BT470M:
    case AVCOL_PRI_BT470BG:
    case AVCOL_PRI_SMPTE170M:
    case AVCOL_PRI_SMPTE240M:
    case AVCOL_PRI_BT2020:
    case AVCOL_PRI_SMPTE431:
    case AVCOL_PRI_SMPTE432: return said;
    default: break;
  }
  return matrix == AVCOL_SPC_BT2020_NCL || matrix == AVCOL_SPC_BT2020_CL ? AVCOL_PRI_BT2020
                                                                         : AVCOL_PRI_BT709;
}

// Curves made for the same screens are the same to us: a screen recording that says sRGB and a DVD
// that says gamma 2.8 are shown by every player as if they said BT.709.
AVColorTransferCharacteristic guessTransfer(AVColorTransferCharacteristic said) {
  switch (said) {
    case AVCOL_TRC_SMPTE2084:
    case AVCOL_TRC_ARIB_STD_B67:
    case AVCOL_TRC_LINEAR: return said;
    default: return AVCOL_TRC_BT709;
  }
}

std::string number(int value) { return std::to_string(value); }

std::string inputColours(const Colours& c) {
  return "min=" + number(c.matrix) + ":pin=" + number(c.primaries) + ":tin=" + number(c.transfer) +
         ":rin=" + (c.fullRange ? "full" : "limited");
}

// zimg reads planar formats; it wants sides that the chroma planes divide.
std::string readableFormat(AVPixelFormat format, bool rgb, int width, int height) {
  const AVPixFmtDescriptor& desc = *av_pix_fmt_desc_get(format);
  const int depth = desc.comp[0].depth;
  if (rgb) {
    const bool planar = format == AV_PIX_FMT_GBRP || format == AV_PIX_FMT_GBRP10 ||
                        format == AV_PIX_FMT_GBRP12 || format == AV_PIX_FMT_GBRP16;
    return planar ? "" : depth > 8 ? "format=gbrp12," : "format=gbrp,";
  }
  switch (format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUV420P10:
    case AV_PIX_FMT_YUV422P10:
    case AV_PIX_FMT_YUV420P12:
    case AV_PIX_FMT_YUV422P12:
      if (width % 2 == 0 && height % 2 == 0) return "";
      return depth > 8 ? "format=yuv444p12," : "format=yuv444p,";
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUV444P10:
    case AV_PIX_FMT_YUV444P12: return "";
    default: return depth > 8 ? "format=yuv444p12," : "format=yuv444p,";
  }
}

}  // namespace

Colours coloursOf(const AVFrame& frame, const AVCodecParameters& container) {
  Colours colours;
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  colours.rgb = desc && (desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
  colours.matrix = guessMatrix(firstKnown(frame.colorspace, container.color_space,
                                          AVCOL_SPC_UNSPECIFIED, AVCOL_SPC_RESERVED),
                               colours.rgb, frame.height);
  colours.primaries = guessPrimaries(firstKnown(frame.color_primaries, container.color_primaries,
                                                AVCOL_PRI_UNSPECIFIED, AVCOL_PRI_RESERVED),
                                     colours.matrix);
  colours.transfer = guessTransfer(
      firstKnown(frame.color_trc, container.color_trc, AVCOL_TRC_UNSPECIFIED, AVCOL_TRC_RESERVED));
  const AVColorRange range =
      frame.color_range != AVCOL_RANGE_UNSPECIFIED ? frame.color_range : container.color_range;
  const bool jpegFormat = format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P ||
                          format == AV_PIX_FMT_YUVJ444P || format == AV_PIX_FMT_YUVJ440P ||
                          format == AV_PIX_FMT_YUVJ411P;
  const bool gray = desc && desc->nb_components < 3 && !colours.rgb;
  colours.fullRange = colours.rgb || jpegFormat || range == AVCOL_RANGE_JPEG ||
                      (gray && range == AVCOL_RANGE_UNSPECIFIED);
  return colours;
}

std::string colourFilters(const Colours& c, AVPixelFormat format, int sourceWidth, int sourceHeight,
                          int width, int height) {
  const std::string size = "w=" + number(width) + ":h=" + number(height);
  const std::string start = readableFormat(format, c.rgb, sourceWidth, sourceHeight);
  const bool deep = av_pix_fmt_desc_get(format)->comp[0].depth > 8;
  return start + "zscale=" + size + ":f=bicubic:" + inputColours(c) +
         ":m=709:p=709:t=709:r=limited" + (deep ? ":dither=ordered" : "") + ",format=yuv420p";
}

std::string hdrFilters(const Colours& c, AVPixelFormat format, int sourceWidth, int sourceHeight,
                       int width, int height) {
  return readableFormat(format, c.rgb, sourceWidth, sourceHeight) + "zscale=w=" + number(width) +
         ":h=" + number(height) + ":f=bicubic:" + inputColours(c) +
         ":m=2020_ncl:p=" + number(c.primaries) + ":t=" + number(c.transfer) +
         ":r=limited,format=yuv444p10";
}

}  // namespace clipcourier::transcoder
