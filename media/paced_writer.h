#pragma once

#include <cstdint>
#include <string_view>

namespace clipcourier::media {

// Appends to a file and has the kernel put the bytes on the disk while more arrive,
// so that the fsync at the end waits for some megabytes instead of gigabytes, and an upload cannot
// fill the page cache with dirty pages that stall everybody. Borrows the descriptor.
class PacedWriter {
 public:
  // Writes from `from` on, wherever the descriptor's position is.
  explicit PacedWriter(int fd, std::uint64_t from = 0) : fd_(fd), written_(from), started_(from) {}
  void write(std::string_view bytes);                          // all of them, or it throws
  std::uint64_t written() const noexcept { return written_; }  // where the file ends now

 private:
  void pace();
  int fd_;
  std::uint64_t written_;
  std::uint64_t started_;  // write-back was begun up to here
};

// Returns when the file's bytes are durable.
void flush(int fd);

}  // namespace clipcourier::media
