#include "media/paced_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "media/file_error.h"

namespace clipcourier::media {
namespace {

constexpr std::uint64_t kWindow = 8 << 20;

// An error of write-back is told to one caller only, so one seen here will not be seen by fsync.
// File systems without the call say so, and just flush at the end.
void syncRange(int fd, std::uint64_t from, std::uint64_t count, unsigned flags) {
  if (::sync_file_range(fd, static_cast<off64_t>(from), static_cast<off64_t>(count), flags) == -1 &&
      errno != ENOSYS && errno != EINVAL && errno != ESPIPE && errno != EOPNOTSUPP)
    throwErrno("flush a new file");
}

}  // namespace

void PacedWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(written_));
    if (count == -1 && errno == EINTR) continue;
    if (count == -1) throwErrno("write a new file");
    bytes.remove_prefix(static_cast<std::size_t>(count));
    written_ += static_cast<std::uint64_t>(count);
    if (written_ - started_ >= kWindow) pace();
  }
}

void PacedWriter::pace() {
  syncRange(fd_, started_, written_ - started_, SYNC_FILE_RANGE_WRITE);
  // Waits for the windows before this one: at most two are under way.
  if (started_ >= kWindow)
    syncRange(fd_, started_ - kWindow, kWindow,
              SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  started_ = written_;
}

void flush(int fd) { check(::fsync(fd), "flush a new file"); }

}  // namespace clipcourier::media
