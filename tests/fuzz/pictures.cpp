// Pictures from outside: what may become a poster, and our readers of EXIF data and of GIF's
// blocks.

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/input.h"
#include "transcoder/child_process.h"
#include "transcoder/worker/exif.h"
#include "transcoder/worker/gif_blocks.h"
#include "transcoder/worker/own_poster.h"
#include "transcoder/worker/refusals.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

FUZZ(input) {
  const Orientation turn = exifOrientation(input);
  require(turn.rotation % 90 == 0 && turn.rotation >= 0 && turn.rotation < 360);
  if (const auto gif = parseGif(input))
    for (const GifImage& image : gif->images) require(image.end <= input.size());
  const Descriptor file(memfd_create("picture", 0));
  require(::write(file.get(), input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  try {
    const Frame poster = readOwnPoster(file.get(), {320, 180}, 0xffffff);
    require(poster->width <= 1280 && poster->height <= 1280);
  } catch (const Refused& refused) {
    require(refused.refusal().code == "poster.unreadable");
  }
}
