#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clipcourier::transcoder {

struct GifImage {
  int delayMs = 0;
  std::size_t end = 0;  // offset behind its last byte
};

// How a GIF is built, found without decoding a picture.
struct GifBlocks {
  int width = 0, height = 0;
  int loops = -1;  // 0: for ever; -1: not said, which is once
  std::vector<GifImage> images;
  std::vector<std::string> others;  // comments, texts, application data other than the loop count
};

// None when it is no GIF, or its blocks do not end in a trailer. Hostile input is safe.
std::optional<GifBlocks> parseGif(std::string_view bytes);

}  // namespace clipcourier::transcoder
