#pragma once

#include "transcoder/edits.h"
#include "transcoder/report.h"
#include "transcoder/worker/display_matrix.h"

// The geometry of edits. Pure; no libav.
namespace clipcourier::transcoder {

struct Size {
  int width = 0, height = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

// How large the edited source is to a person: what the planner scales down from. Cropped to a shape
// it is the largest such part, padded the smallest such canvas around all of it.
Size shownSize(const Probe& source, const Edits& edits);

// The source as the planner must see it: shown size, sound and the bits it is made of, edited.
Probe afterEdits(const Probe& source, const Edits& edits);

// A part of a stored picture, in its own pixels.
struct Part {
  int x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const Part&, const Part&) = default;
};

// The largest part of a stored picture whose shape, once its pixels are square, is `wanted` (width
// to height, as stored), around the point (focusX, focusY) in per cent as seen after turning. Even
// where the picture is large enough.
Part cropOf(Size stored, double pixelAspect, double wanted, int focusX, int focusY,
            Orientation orientation);

// The largest even size of the given shape that fits into `room`; all of the room when no more than
// `slack` (a share of one) or two pixels are missing.
Size fitInto(Size room, double shape, double slack);

}  // namespace clipcourier::transcoder
