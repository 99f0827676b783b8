#pragma once

#include <string>

namespace clipcourier::media {

// Throws what errno says as an Error of the kind that media_store.h promises.
[[noreturn]] void throwErrno(const std::string& doing);

// Returns rc unless it is -1, then throws as above.
int check(int rc, const std::string& doing);

}  // namespace clipcourier::media
