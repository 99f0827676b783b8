#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/clock.h"

namespace clipcourier::customers {

// The folder where files wait to be imported. They hold personal data: readable by us alone, and
// removed when the import is over. Thread-safe.
class ImportInbox {
 public:
  explicit ImportInbox(std::filesystem::path folder);

  // Writes everything there is and flushes it to the disk; returns the file's path. Nothing stays
  // behind when it throws: what the source throws, or Error(outOfSpace, unavailable).
  std::string store(ByteSource& bytes) const;
  // Files that nobody has written to for that long.
  std::vector<std::string> untouchedFor(Millis time) const;
  // Only files of this folder; one that is gone is no error.
  void remove(const std::string& path) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace clipcourier::customers
