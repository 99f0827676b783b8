#pragma once

#include <string_view>

#include "transcoder/pictures.h"

namespace clipcourier::transcoder {

// Writes a finished picture to a descriptor, which held nothing or an older one. Throws
// as cannotWrite().
PictureFile writePicture(int fd, std::string_view bytes, int width, int height,
                         std::int64_t timeMs);

}  // namespace clipcourier::transcoder
