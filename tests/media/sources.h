#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "media/media_store.h"

namespace clipcourier::media {

// Hands out a text in pieces of at most `piece` bytes; before each, calls `onRead(bytes so far)`.
class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string text, std::size_t piece = 70'000,
                      std::function<void(std::size_t)> onRead = {})
      : text_(std::move(text)), piece_(piece), onRead_(std::move(onRead)) {}
  std::size_t read(char* to, std::size_t size) override {
    if (onRead_) onRead_(at_);
    const std::size_t count = std::min({size, piece_, text_.size() - at_});
    std::copy_n(text_.data() + at_, count, to);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::function<void(std::size_t)> onRead_;
  std::size_t at_ = 0;
};

inline std::vector<std::string> filesUnder(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (!entry.is_directory())
      names.push_back(std::filesystem::relative(entry.path(), folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace clipcourier::media
