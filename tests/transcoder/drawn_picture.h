#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "transcoder/edits.h"
#include "transcoder/files.h"
#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/fit.h"
#include "transcoder/worker/yuv.h"

// Pictures as the worker makes them, in memory: drawn by ffmpeg, decoded and edited by our own
// code, and their colours measured.
namespace clipcourier::transcoder {

// The source's pictures after the geometry of `edits`, at most `most`; long side at most
// `longSide`.
std::vector<Frame> pictures(const std::filesystem::path& source, const Edits& edits, int longSide,
                            std::size_t most = 1);

// A picture of one colour, 0xRRGGBB.
Frame plainPicture(int width, int height, std::uint32_t colour);

// Mean colour (8-bit RGB, BT.709 limited range taken back) of a part given in per cent of the
// sides: left, top, right, bottom.
struct Colour {
  int r = 0, g = 0, b = 0;
};
Colour colourOf(const AVFrame& frame, std::array<int, 4> part);
bool near(Colour is, Colour wanted, int tolerance = 12);

// For the eye: writes PNG when CLIPCOURIER_LOOK names a folder.
void keepForTheEye(const AVFrame& frame, const std::string& name);

}  // namespace clipcourier::transcoder
