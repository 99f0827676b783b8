#include "fuzz/input.h"
#include "transcoder/worker/gif_blocks.h"

using namespace clipcourier::transcoder;

FUZZ(input) {
  const auto blocks = parseGif(input);
  if (!blocks) return;
  require(blocks->width >= 0 && blocks->width <= 0xffff && blocks->height >= 0);
  require(blocks->loops >= -1 && blocks->loops <= 0xffff);
  std::size_t last = 0;
  for (const GifImage& image : blocks->images) {
    require(image.end > last && image.end <= input.size());
    require(image.delayMs >= 0);
    last = image.end;
  }
}
