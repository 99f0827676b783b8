#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct AVIOContext;

// libav reads and writes through a descriptor we hold; it never opens anything by name.
namespace clipcourier::transcoder {

struct ReleaseIo {
  void operator()(AVIOContext* io) const noexcept;
};
using Io = std::unique_ptr<AVIOContext, ReleaseIo>;

// A regular file with a position of its own (pread, pwrite), so that descriptors which share one
// can be used at the same time. The descriptor is borrowed.
class DescriptorFile {
 public:
  explicit DescriptorFile(int fd);  // throws Error(invalidInput) when it is no regular file
  std::uint64_t size() const;
  Io reader();
  Io writer();

  // What there is of `count` bytes from `offset` on; moves the position.
  std::string readAt(std::uint64_t offset, std::uint64_t count);
  std::string readAll() { return readAt(0, size()); }

  int read(std::uint8_t* to, int count);  // libav's conventions
  int write(const std::uint8_t* from, int count);
  std::int64_t seek(std::int64_t offset, int whence);

 private:
  int fd_;
  std::int64_t position_ = 0;
};

// Throws for what writing answered (errno as libav tells it): Error(outOfSpace) "full" when there
// is no room, Error(unavailable) "output" for any other reason. Both may be gone in a later try.
[[noreturn]] void cannotWrite(int rc, const std::string& doing);

}  // namespace clipcourier::transcoder
