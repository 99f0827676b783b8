#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// A fuzz target is FUZZ(input) { ... }. An exception that leaves it, a failed require(), a report
// of a sanitizer, a run of more than 20 s or 3 GB are findings.
#define FUZZ(input)                                                                   \
  static void fuzz(std::string_view input);                                           \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz({reinterpret_cast<const char*>(data), size});                                \
    return 0;                                                                         \
  }                                                                                   \
  static void fuzz(std::string_view input)

inline void require(bool holds) {
  if (!holds) std::abort();
}
