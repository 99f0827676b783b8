#include "media/temp_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "base/crypto.h"
#include "media/file_error.h"

namespace clipcourier::media {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

bool isUnlinked(int fd) {
  struct stat facts {};
  check(::fstat(fd, &facts), "look at a new file");
  return facts.st_nlink == 0;
}

void lock(int fd) {
  while (::flock(fd, LOCK_EX) == -1)
    if (errno != EINTR) throwErrno("lock a new file");
}

void removeIfAbandoned(int folder, const char* name) {
  const UniqueFd fd(::openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) ::unlinkat(folder, name, 0);
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

void TempFile::removeAbandoned(int folder) {
  // A descriptor of its own: fdopendir() takes it over.
  UniqueFd own(check(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "list temp files"));
  const Folder list(::fdopendir(own.get()));
  if (!list) throwErrno("list temp files");
  own.release();
  while (const dirent* entry = ::readdir(list.get()))
    if (std::string_view(entry->d_name) != "." && std::string_view(entry->d_name) != "..")
      removeIfAbandoned(folder, entry->d_name);
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
  check(::renameat(folder_, name_.c_str(), folder, name.c_str()), "name a stored file");
  name_.clear();
}

}  // namespace clipcourier::media
