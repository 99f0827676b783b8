#pragma once

#include <string_view>

#include "transcoder/worker/display_matrix.h"

namespace clipcourier::transcoder {

// How a JPEG, PNG or WebP must be turned, by its EXIF data; upright when it does not say, or says
// nonsense. Hostile input is safe.
Orientation exifOrientation(std::string_view picture);

}  // namespace clipcourier::transcoder
