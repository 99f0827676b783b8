#pragma once

#include <vector>

#include "videos/media_cleaner.h"

namespace clipcourier {

// Every column of the schema that names a file of the media store: whoever adds one adds it here,
// or the file is removed as soon as its grace time is over. A test compares with the schema.
const std::vector<videos::FileColumn>& fileColumns();

}  // namespace clipcourier
