#include "transcoder/worker/fit.h"

#include <algorithm>
#include <cmath>

namespace clipcourier::transcoder {
namespace {

int evenAtMost(double value, int most) {
  return std::clamp(static_cast<int>(std::lround(value / 2)) * 2, 2, std::max(2, most));
}

int whole(double value) { return std::max(2, static_cast<int>(std::lround(value))); }

struct Point {
  double x, y;
};

// Where a point seen upright lies in the stored picture; both as shares of the sides.
Point storedPoint(Point seen, Orientation orientation) {
  Point stored = seen;
  switch (orientation.rotation) {
    case 90: stored = {seen.y, 1 - seen.x}; break;
    case 180: stored = {1 - seen.x, 1 - seen.y}; break;
    case 270: stored = {1 - seen.y, seen.x}; break;
    default: break;
  }
  if (orientation.mirrored) stored.x = 1 - stored.x;
  return stored;
}

// Where a window of `size` begins on a side so that it is centred on `focus` as far as it can be.
int begin(int side, int size, double focus) {
  const int at = static_cast<int>(std::lround(focus * side - size / 2.0));
  return std::clamp(at, 0, side - size) / 2 * 2;
}

}  // namespace

Size shownSize(const Probe& source, const Edits& edits) {
  const Size size{source.video.width, source.video.height};
  const auto shape = edits.fit ? parseShape(edits.fit->shape) : std::nullopt;
  if (!shape || size.width <= 0 || size.height <= 0) return size;
  const double wanted = static_cast<double>(shape->across) / shape->down;
  const bool tooWide = size.width > size.height * wanted;
  const bool cropped = edits.fit->fill == "crop";
  // Cropping takes from the side that is too long, padding adds to the one that is too short.
  if (tooWide == cropped) return {whole(size.height * wanted), size.height};
  return {size.width, whole(size.width / wanted)};
}

Probe afterEdits(const Probe& source, const Edits& edits) {
  Probe edited = source;
  const Size size = shownSize(source, edits);
  const double pixels = static_cast<double>(size.width) * size.height;
  const double before = static_cast<double>(source.video.width) * source.video.height;
  edited.video.width = size.width;
  edited.video.height = size.height;
  // Padding costs next to nothing; what is cropped away takes its bits along.
  if (before > 0 && pixels < before)
    edited.video.kbps =
        std::llround(static_cast<double>(edited.video.kbps) * std::pow(pixels / before, 0.75));
  if (edits.mute) edited.audio.reset();
  return edited;
}

Part cropOf(Size stored, double pixelAspect, double wanted, int focusX, int focusY,
            Orientation orientation) {
  const double shape = stored.width * pixelAspect / stored.height;
  Part part{0, 0, stored.width, stored.height};
  if (shape > wanted)
    part.width = evenAtMost(stored.height * wanted / pixelAspect, stored.width);
  else
    part.height = evenAtMost(stored.width * pixelAspect / wanted, stored.height);
  part.width = std::min(part.width, stored.width);
  part.height = std::min(part.height, stored.height);
  const Point focus = storedPoint({focusX / 100.0, focusY / 100.0}, orientation);
  part.x = begin(stored.width, part.width, focus.x);
  part.y = begin(stored.height, part.height, focus.y);
  return part;
}

Size fitInto(Size room, double shape, double slack) {
  const double wanted = static_cast<double>(room.width) / room.height;
  if (std::abs(shape / wanted - 1) <= slack || std::min(room.width, room.height) <= 16) return room;
  if (shape > wanted) {
    const int height = evenAtMost(room.width / shape, room.height);
    return room.height - height <= 2 ? room : Size{room.width, height};
  }
  const int width = evenAtMost(room.height * shape, room.width);
  return room.width - width <= 2 ? room : Size{width, room.height};
}

}  // namespace clipcourier::transcoder
