#pragma once

#include <sys/mount.h>

#include <string>

#include "support/temp_folder.h"

namespace clipcourier {

// A file system of that size ("2m") of its own, mounted for the test; not ok() without the right to
// mount.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size)
      : ok_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0) {}
  ~SmallDisk() {
    if (ok_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool ok() const { return ok_; }
  std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  TempFolder folder_;
  bool ok_;
};

}  // namespace clipcourier
