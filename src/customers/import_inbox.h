#pragma once

#include <filesystem>
#include <string>

#include "base/byte_source.h"

namespace clipcourier::customers {

// The folder where files wait to be imported. They hold personal data: readable by us alone, and
// removed when the import is over. Thread-safe.
class ImportInbox {
 public:
  explicit ImportInbox(std::filesystem::path folder);

  // Writes everything there is and flushes it to the disk; returns the file's path. Nothing stays
  // behind when it throws: what the source throws, or Error(outOfSpace, unavailable).
  std::string store(ByteSource& bytes) const;
  // Only files of this folder; one that is gone is no error.
  void remove(const std::string& path) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace clipcourier::customers
