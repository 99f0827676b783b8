#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace clipcourier::media {

// A file in the making: named, locked while it lives, unlinked by the destructor. The lock tells
// other processes that it is in use; it ends with the process (and with the children that inherited
// the descriptor), however that dies. Borrows the folder's descriptor.
class TempFile {
 public:
  // Mode 0600, read and write, close-on-exec.
  static TempFile create(int folder);
  // Another name, in `folder`, for a file that the caller holds locked; the first one stays.
  static TempFile linkTo(int folder, int fromFolder, const std::string& fromName, int fd);
  // Unlinks the files in the folder that no living process holds; returns their bytes.
  static std::uint64_t removeAbandoned(int folder);

  TempFile(TempFile&&) noexcept;
  TempFile& operator=(TempFile&&) = delete;
  ~TempFile();

  int fd() const noexcept { return fd_.get(); }
  // Moves the file, made read-only and with the time of now, over whatever has that name.
  // Afterwards this object holds nothing more than the descriptor.
  void moveTo(int folder, const std::string& name);

 private:
  TempFile(int folder, std::string name, UniqueFd fd)
      : folder_(folder), name_(std::move(name)), fd_(std::move(fd)) {}
  int folder_;
  std::string name_;  // empty: nothing to unlink
  UniqueFd fd_;
};

}  // namespace clipcourier::media
