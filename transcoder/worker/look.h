#pragma once

#include "transcoder/worker/av_ptr.h"

// How a picture looks to a person, as a few numbers; all pictures are yuv420p, limited range.
namespace clipcourier::transcoder {

struct Look {
  double brightness = 0;  // mean luma, 0 black .. 1 white
  double bright = 0;      // share of pixels that are clearly not black
  double contrast = 0;    // standard deviation of luma, 0..0.5
  double sharpness = 0;   // mean strength of edges
  double colour = 0;      // mean distance from gray
};

Look look(const AVFrame& frame);
bool isDark(const Look& look);  // nearly nothing can be seen

// How good a picture stands for a whole video, 0..1; a dark, white or blurred one loses.
double posterScore(const Look& look);

}  // namespace clipcourier::transcoder
