#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "media/temp_file.h"

namespace clipcourier::media {

// A file that arrives over several requests. Locked against everybody else while this lives, also
// in other processes; the lock ends with the process, however that dies.
class PartialFile {
 public:
  PartialFile(PartialFile&&) noexcept = default;
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile();

  int fd() const noexcept { return fd_.get(); }
  std::uint64_t size() const;
  void cut(std::uint64_t size);  // to at most that size

 private:
  friend class PartialFiles;
  explicit PartialFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// The folder of partial files, "uploads" in the folder of the media store; modes as there. Names
// are those of their makers: letters and digits, others are none of ours. Thread-safe; several
// processes may share it.
class PartialFiles {
 public:
  // Creates what is missing, but not the parent of `mediaFolder`.
  explicit PartialFiles(const std::string& mediaFolder);

  // Creates it if need be; durable by name. None while somebody else has it.
  std::optional<PartialFile> open(const std::string& name);
  std::optional<std::uint64_t> size(const std::string& name) const;  // none: not there
  // The same bytes to be given to MediaStore::adopt(). `name` keeps them as well, so that nothing
  // is lost when storing fails. Nobody may write to the file any more.
  TempFile link(const std::string& name, const PartialFile& file);
  bool remove(const std::string& name);  // false when it was not there
  std::vector<std::string> names() const;

 private:
  UniqueFd root_, temp_, folder_;
};

}  // namespace clipcourier::media
