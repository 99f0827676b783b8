#include "media/temp_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/crypto.h"
#include "media/file_error.h"
#include "media/folder.h"

namespace clipcourier::media {
namespace {

bool isUnlinked(int fd) {
  struct stat facts {};
  check(::fstat(fd, &facts), "look at a new file");
  return facts.st_nlink == 0;
}

void lock(int fd) {
  while (::flock(fd, LOCK_EX) == -1)
    if (errno != EINTR) throwErrno("lock a new file");
}

std::uint64_t removeIfAbandoned(int folder, const std::string& name) {
  const UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return 0;
  struct stat facts {};
  const bool known = ::fstat(fd.get(), &facts) == 0;
  const bool removed = ::unlinkat(folder, name.c_str(), 0) == 0;
  return known && removed ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

}  // namespace

TempFile TempFile::create(int folder) {
  for (;;) {
    std::string name = crypto::hex(crypto::randomBytes(16));
    UniqueFd fd(check(
        ::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600),
        "create a file in the media store"));
    lock(fd.get());
    // Another process that cleaned up may have come between creating and locking.
    if (!isUnlinked(fd.get())) return TempFile(folder, std::move(name), std::move(fd));
  }
}

TempFile TempFile::linkTo(int folder, int fromFolder, const std::string& fromName, int fd) {
  std::string name = crypto::hex(crypto::randomBytes(16));
  UniqueFd own(check(::fcntl(fd, F_DUPFD_CLOEXEC, 0), "hold a partial file"));
  check(::linkat(fromFolder, fromName.c_str(), folder, name.c_str(), 0), "link a partial file");
  return TempFile(folder, std::move(name), std::move(own));
}

std::uint64_t TempFile::removeAbandoned(int folder) {
  std::uint64_t freed = 0;
  for (const std::string& name : namesIn(folder)) freed += removeIfAbandoned(folder, name);
  return freed;
}

TempFile::TempFile(TempFile&& other) noexcept
    : folder_(other.folder_), name_(std::move(other.name_)), fd_(std::move(other.fd_)) {
  other.name_.clear();
}

TempFile::~TempFile() {
  if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
}

void TempFile::moveTo(int folder, const std::string& name) {
  check(::fchmod(fd_.get(), 0400), "make a stored file read-only");
  touch(fd_.get());
  check(::renameat(folder_, name_.c_str(), folder, name.c_str()), "name a stored file");
  name_.clear();
}

}  // namespace clipcourier::media
