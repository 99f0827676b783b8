#pragma once

#include <string>

namespace clipcourier::media {

// The SHA-256, 64 hexadecimal digits, of an open file from its first byte to its end, wherever the
// descriptor's position is; the position stays.
std::string hashFile(int fd);

}  // namespace clipcourier::media
