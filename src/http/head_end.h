#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace clipcourier::http {

// As findHeadEnd() of head.h, for a head that comes piece by piece: the first `scanned` bytes were
// looked at before and are not read anew each time.
std::optional<std::size_t> findHeadEndAfter(std::size_t scanned, std::string_view bytes,
                                            std::size_t maxSize);

}  // namespace clipcourier::http
