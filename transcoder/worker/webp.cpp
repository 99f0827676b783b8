#include "transcoder/worker/webp.h"

#include <webp/encode.h>

#include <memory>

#include "base/error.h"
#include "transcoder/worker/shrink.h"

namespace clipcourier::transcoder {
namespace {

constexpr float kBestQuality = 82, kWorstQuality = 22, kStep = 12;

struct ReleasePicture {
  void operator()(WebPPicture* picture) const noexcept { WebPPictureFree(picture); }
};

// WebP's own colours are BT.601 in limited range, so the planes go in as they are.
std::string encode(const AVFrame& planes, float quality) {
  WebPConfig config;
  WebPPicture picture;
  if (!WebPConfigPreset(&config, WEBP_PRESET_PHOTO, quality) || !WebPPictureInit(&picture))
    throw Error(ErrorKind::internal, "WebP: another version than we were built for");
  const std::unique_ptr<WebPPicture, ReleasePicture> owned(&picture);
  config.method = 4;
  picture.use_argb = 0;
  picture.colorspace = WEBP_YUV420;
  picture.width = planes.width;
  picture.height = planes.height;
  picture.y = planes.data[0];
  picture.u = planes.data[1];
  picture.v = planes.data[2];
  picture.y_stride = planes.linesize[0];
  picture.uv_stride = planes.linesize[1];
  std::string bytes;
  picture.custom_ptr = &bytes;
  picture.writer = [](const std::uint8_t* data, std::size_t size, const WebPPicture* p) {
    static_cast<std::string*>(p->custom_ptr)->append(reinterpret_cast<const char*>(data), size);
    return 1;
  };
  if (WebPEncode(&config, &picture)) return bytes;
  if (picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY) throw std::bad_alloc();
  throw Error(ErrorKind::internal, "WebP: error " + std::to_string(picture.error_code));
}

}  // namespace

Still makeWebp(const AVFrame& picture, int longSide, ByteSize limit) {
  const Size size = atMost(longSide, {picture.width, picture.height});
  const Frame planes = convert(picture, size, "m=470bg:r=limited", "yuv420p");
  Still still{size.width, size.height, {}};
  for (float quality = kBestQuality; quality >= kWorstQuality; quality -= kStep) {
    still.bytes = encode(*planes, quality);
    if (still.bytes.size() <= limit.bytes) break;
  }
  return still;
}

}  // namespace clipcourier::transcoder
