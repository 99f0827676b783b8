#include "media/partial_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "base/error.h"
#include "media/file_error.h"
#include "media/folder.h"
#include "media/paced_writer.h"

namespace clipcourier::media {
namespace {

struct stat factsOf(int fd) {
  struct stat facts {};
  check(::fstat(fd, &facts), "look at a partial file");
  return facts;
}

bool isName(const std::string& name) {
  return !name.empty() && name.size() <= 100 &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c); });
}

void checkName(const std::string& name) {
  if (!isName(name)) throw Error(ErrorKind::internal, "not a name of a partial file");
}

bool lockIfFree(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) == -1) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throwErrno("lock a partial file");
  }
  return true;
}

}  // namespace

// Said aloud, because a child that is just being started holds the descriptor a moment longer.
PartialFile::~PartialFile() {
  if (fd_) ::flock(fd_.get(), LOCK_UN);
}

std::uint64_t PartialFile::size() const {
  return static_cast<std::uint64_t>(factsOf(fd_.get()).st_size);
}

void PartialFile::cut(std::uint64_t size) {
  if (size < this->size())
    check(::ftruncate(fd_.get(), static_cast<off_t>(size)), "cut a partial file");
}

PartialFiles::PartialFiles(const std::string& mediaFolder)
    : root_(makeFolder(AT_FDCWD, mediaFolder)),
      temp_(makeFolder(root_.get(), "temp")),
      folder_(makeFolder(root_.get(), "uploads")) {}

std::optional<PartialFile> PartialFiles::open(const std::string& name) {
  checkName(name);
  for (;;) {
    constexpr int kFlags = O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = ::openat(folder_.get(), name.c_str(), kFlags | O_RDWR, 0600);
    // Read-only once it was linked into the store; it is complete then and only read.
    if (fd == -1 && errno == EACCES)
      fd = ::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    PartialFile file{UniqueFd(check(fd, "open a partial file"))};
    if (!lockIfFree(file.fd())) return std::nullopt;
    const struct stat facts = factsOf(file.fd());
    if (facts.st_nlink == 0) continue;  // removed between opening and locking
    if (facts.st_size == 0) flush(folder_.get());
    return file;
  }
}

std::optional<std::uint64_t> PartialFiles::size(const std::string& name) const {
  checkName(name);
  struct stat facts {};
  if (::fstatat(folder_.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0)
    return static_cast<std::uint64_t>(facts.st_size);
  if (errno != ENOENT) throwErrno("look at a partial file");
  return std::nullopt;
}

TempFile PartialFiles::link(const std::string& name, const PartialFile& file) {
  checkName(name);
  return TempFile::linkTo(temp_.get(), folder_.get(), name, file.fd());
}

bool PartialFiles::remove(const std::string& name) {
  checkName(name);
  if (::unlinkat(folder_.get(), name.c_str(), 0) == 0) return true;
  if (errno != ENOENT) throwErrno("remove a partial file");
  return false;
}

std::vector<std::string> PartialFiles::names() const {
  auto names = namesIn(folder_.get());
  std::erase_if(names, [](const std::string& name) { return !isName(name); });
  return names;
}

}  // namespace clipcourier::media
