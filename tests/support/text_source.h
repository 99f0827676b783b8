#pragma once

#include <string>
#include <utility>

#include "base/byte_source.h"

namespace clipcourier {

// Bytes that a test already holds, to be read as if they arrived.
struct TextSource : ByteSource {
  explicit TextSource(std::string content) : text(std::move(content)) {}
  std::size_t read(char* to, std::size_t size) override {
    const std::size_t count = text.copy(to, size, at);
    at += count;
    return count;
  }
  std::string text;
  std::size_t at = 0;
};

}  // namespace clipcourier
