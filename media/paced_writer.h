#pragma once

#include <cstdint>
#include <string_view>

namespace clipcourier::media {

// Writes a file from its beginning and has the kernel put the bytes on the disk while more arrive,
// so that the fsync at the end waits for some megabytes instead of gigabytes, and an upload cannot
// fill the page cache with dirty pages that stall everybody. Borrows the descriptor.
class PacedWriter {
 public:
  explicit PacedWriter(int fd) : fd_(fd) {}
  void write(std::string_view bytes);  // all of them, or it throws
  std::uint64_t written() const noexcept { return written_; }

 private:
  void pace();
  int fd_;
  std::uint64_t written_ = 0;
  std::uint64_t started_ = 0;  // write-back was begun up to here
};

// Returns when the file's bytes are durable.
void flush(int fd);

}  // namespace clipcourier::media
