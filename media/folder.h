#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"

// Folders by their descriptors. Each throws as media_store.h says.
namespace clipcourier::media {

UniqueFd openFolder(int parent, const std::string& name);
UniqueFd makeFolder(int parent, const std::string& name);  // opens it when it is there

std::vector<std::string> namesIn(int folder);  // all but "." and ".."

// Sets the time of the last change to now.
void touch(int fd);

// Keeps other threads and processes out of a folder while they do the same. A file system that
// cannot lock folders gives no lock; then only the cleaner's grace time protects a file.
class FolderLock {
 public:
  explicit FolderLock(int folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;

 private:
  int folder_;
};

}  // namespace clipcourier::media
