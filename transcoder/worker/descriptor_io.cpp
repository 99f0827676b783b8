#include "transcoder/worker/descriptor_io.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "base/error.h"
#include "transcoder/worker/av_compat.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kBufferBytes = 256 * 1024;

// The C library's fstat() takes a way by name, which the sandbox does not allow.
bool factsOf(int fd, struct stat& facts) { return ::syscall(SYS_fstat, fd, &facts) == 0; }

int readPacket(void* file, std::uint8_t* to, int count) {
  return static_cast<DescriptorFile*>(file)->read(to, count);
}
int writePacket(void* file, std::uint8_t* from, int count) {
  return static_cast<DescriptorFile*>(file)->write(from, count);
}
std::int64_t seekTo(void* file, std::int64_t offset, int whence) {
  return static_cast<DescriptorFile*>(file)->seek(offset, whence);
}

Io makeIo(DescriptorFile& file, bool writable) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
  if (!buffer) throw std::bad_alloc();
  Io io(avio_alloc_context(buffer, kBufferBytes, writable ? 1 : 0, &file, readPacket,
                           writable ? writePacket : nullptr, seekTo));
  if (io) return io;
  av_free(buffer);
  throw std::bad_alloc();
}

}  // namespace

void ReleaseIo::operator()(AVIOContext* io) const noexcept {
  av_freep(&io->buffer);
  avio_context_free(&io);
}

DescriptorFile::DescriptorFile(int fd) : fd_(fd) {
  struct stat facts {};
  if (!factsOf(fd_, facts) || !S_ISREG(facts.st_mode))
    throw Error(ErrorKind::invalidInput, "descriptor " + std::to_string(fd) + " is no regular file",
                "Hand over an open regular file.", "input.no_file");
}

std::uint64_t DescriptorFile::size() const {
  struct stat facts {};
  return factsOf(fd_, facts) ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

Io DescriptorFile::reader() { return makeIo(*this, false); }
Io DescriptorFile::writer() { return makeIo(*this, true); }

std::string DescriptorFile::readAt(std::uint64_t offset, std::uint64_t count) {
  constexpr std::uint64_t kAtOnce = 1 << 24;
  const std::uint64_t end = size();
  std::string bytes(offset < end ? std::min(count, end - offset) : 0, '\0');
  position_ = static_cast<std::int64_t>(offset);
  std::size_t got = 0;
  while (got < bytes.size()) {
    const int part = read(reinterpret_cast<std::uint8_t*>(bytes.data()) + got,
                          static_cast<int>(std::min<std::uint64_t>(bytes.size() - got, kAtOnce)));
    if (part <= 0) break;  // it became shorter meanwhile, or cannot be read on
    got += static_cast<std::size_t>(part);
  }
  bytes.resize(got);
  return bytes;
}

int DescriptorFile::read(std::uint8_t* to, int count) {
  const ssize_t got = ::pread(fd_, to, static_cast<std::size_t>(count), position_);
  if (got < 0) return AVERROR(errno);
  if (got == 0) return AVERROR_EOF;
  position_ += got;
  return static_cast<int>(got);
}

int DescriptorFile::write(const std::uint8_t* from, int count) {
  for (int done = 0; done < count;) {
    const ssize_t put =
        ::pwrite(fd_, from + done, static_cast<std::size_t>(count - done), position_);
    if (put < 0) return AVERROR(errno);
    done += static_cast<int>(put);
    position_ += put;
  }
  return count;
}

std::int64_t DescriptorFile::seek(std::int64_t offset, int whence) {
  const auto end = static_cast<std::int64_t>(size());
  if (whence & AVSEEK_SIZE) return end;
  switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET: break;
    case SEEK_CUR: offset += position_; break;
    case SEEK_END: offset += end; break;
    default: return AVERROR(EINVAL);
  }
  if (offset < 0) return AVERROR(EINVAL);
  return position_ = offset;
}

void cannotWrite(int rc, const std::string& doing) {
  const bool full = rc == AVERROR(ENOSPC) || rc == AVERROR(EDQUOT);
  throw Error(full ? ErrorKind::outOfSpace : ErrorKind::unavailable,
              doing + ": " + std::generic_category().message(AVUNERROR(rc)), {},
              full ? "full" : "output");
}

}  // namespace clipcourier::transcoder
