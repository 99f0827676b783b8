#include "media/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "media/file_error.h"

namespace clipcourier::media {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

}  // namespace

UniqueFd openFolder(int parent, const std::string& name) {
  return UniqueFd(check(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                        "open the folder " + name));
}

UniqueFd makeFolder(int parent, const std::string& name) {
  if (::mkdirat(parent, name.c_str(), 0700) == -1 && errno != EEXIST)
    throwErrno("create the folder " + name);
  return openFolder(parent, name);
}

std::vector<std::string> namesIn(int folder) {
  // A descriptor of its own: fdopendir() takes it over.
  UniqueFd own = openFolder(folder, ".");
  const Folder list(::fdopendir(own.get()));
  if (!list) throwErrno("list a folder");
  own.release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(list.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

void touch(int fd) { check(::futimens(fd, nullptr), "set the time of a file"); }

FolderLock::FolderLock(int folder) : folder_(folder) {
  while (::flock(folder_, LOCK_EX) == -1 && errno == EINTR) {
  }
}

// Said aloud, because a child that is just being started holds the descriptor a moment longer.
FolderLock::~FolderLock() { ::flock(folder_, LOCK_UN); }

}  // namespace clipcourier::media
