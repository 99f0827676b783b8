#include "transcoder/drawn_picture.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "support/catch.h"
#include "transcoder/worker/decoder.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/picture_maker.h"

extern "C" {
#include <libavutil/log.h>
}

namespace clipcourier::transcoder {
namespace {

// As in the worker: what libav has to say is no part of a result.
[[maybe_unused]] const bool kQuiet = [] {
  av_log_set_level(AV_LOG_FATAL);
  return true;
}();

}  // namespace

std::vector<Frame> pictures(const std::filesystem::path& path, const Edits& edits, int longSide,
                            std::size_t most) {
  const Descriptor file = openToRead(path);
  const Source source = examine(file.get());
  const Size shown = shownSize(source.probe, edits);
  const double scale =
      std::min(1.0, static_cast<double>(longSide) / std::max(shown.width, shown.height));
  const auto even = [&](int side) { return static_cast<int>(std::lround(side * scale / 2)) * 2; };
  Demuxer demuxer(file.get());
  demuxer.dropAudio();
  Decoder decoder(demuxer.video(), 1);
  PictureMaker maker(*demuxer.video().codecpar, source.orientation, even(shown.width),
                     even(shown.height), edits.background.value_or(0xffffff), edits.fit);
  std::vector<Frame> made;
  const auto take = [&](Frame frame) {
    if (made.size() < most)
      made.push_back(maker.make(*frame, pixelAspect(demuxer.video(), *frame)));
  };
  while (Packet packet = demuxer.next()) decoder.feed(*packet, take);
  decoder.drain(take);
  REQUIRE_FALSE(made.empty());
  return made;
}

Frame plainPicture(int width, int height, std::uint32_t colour) {
  Frame frame = newFrame();
  frame->format = AV_PIX_FMT_YUV420P;
  frame->width = width;
  frame->height = height;
  check(av_frame_get_buffer(frame.get(), 0), "test picture");
  const Yuv code = toYuv(colour);
  const std::uint8_t values[] = {code.y, code.u, code.v};
  for (int plane = 0; plane < 3; ++plane)
    std::memset(frame->data[plane], values[plane],
                static_cast<std::size_t>(frame->linesize[plane]) *
                    static_cast<std::size_t>(plane ? (height + 1) / 2 : height));
  return frame;
}

Colour colourOf(const AVFrame& frame, std::array<int, 4> part) {
  double sum[3] = {};
  std::int64_t count = 0;
  for (int y = frame.height * part[1] / 100; y < frame.height * part[3] / 100; ++y)
    for (int x = frame.width * part[0] / 100; x < frame.width * part[2] / 100; ++x, ++count) {
      sum[0] += frame.data[0][y * frame.linesize[0] + x];
      sum[1] += frame.data[1][y / 2 * frame.linesize[1] + x / 2];
      sum[2] += frame.data[2][y / 2 * frame.linesize[2] + x / 2];
    }
  const double n = static_cast<double>(std::max<std::int64_t>(count, 1));
  const double luma = (sum[0] / n - 16) / 219, u = (sum[1] / n - 128) / 224,
               v = (sum[2] / n - 128) / 224;
  const double r = luma + 1.5748 * v, b = luma + 1.8556 * u;
  const double g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152;
  const auto code = [](double value) { return static_cast<int>(std::lround(value * 255)); };
  return {code(r), code(g), code(b)};
}

bool near(Colour is, Colour wanted, int tolerance) {
  UNSCOPED_INFO("is " << is.r << "," << is.g << "," << is.b << ", wanted " << wanted.r << ","
                      << wanted.g << "," << wanted.b);
  return std::abs(is.r - wanted.r) <= tolerance && std::abs(is.g - wanted.g) <= tolerance &&
         std::abs(is.b - wanted.b) <= tolerance;
}

void keepForTheEye(const AVFrame& frame, const std::string& name) {
  const char* folder = std::getenv("CLIPCOURIER_LOOK");
  if (!folder) return;
  std::string raw;
  for (int plane = 0; plane < 3; ++plane)
    for (int y = 0; y < frame.height >> (plane ? 1 : 0); ++y)
      raw.append(reinterpret_cast<const char*>(frame.data[plane]) + y * frame.linesize[plane],
                 static_cast<std::size_t>(frame.width >> (plane ? 1 : 0)));
  const std::filesystem::path file = std::filesystem::path(folder) / name;
  write(file.string() + ".yuv", raw);
  outputOf("ffmpeg -v error -y -f rawvideo -pix_fmt yuv420p -s " + std::to_string(frame.width) +
           "x" + std::to_string(frame.height) + " -i '" + file.string() +
           ".yuv' -vf scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd '" +
           file.string() + ".png' && rm '" + file.string() + ".yuv'");
}

}  // namespace clipcourier::transcoder
