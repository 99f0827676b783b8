#pragma once

#include <string>

#include "media/media_store.h"

namespace clipcourier::media {

// Where a FolderStore keeps a file, from its folder on: "ab/cd/<sha256>". Error(invalidInput) when
// that is no hash.
std::string storedPath(const std::string& sha256);

// MediaStore in a folder: <folder>/ab/cd/<sha256>, files in the making in <folder>/temp. Folders
// are 0700, stored files 0400. The store must outlive the TempFiles it creates.
class FolderStore final : public MediaStore {
 public:
  enum class Opening { tidy, asItIs };
  // Creates what is missing of the folder (its parent must exist) and, when told to be tidy,
  // removes what killed processes left in temp.
  explicit FolderStore(const std::string& folder, Opening opening = Opening::tidy);

  Incoming receive(ByteSource& source, ByteSize limit) override;
  StoredFile keep(Incoming incoming) override;
  TempFile createTemp() override;
  StoredFile adopt(TempFile file, ByteSize limit) override;
  OpenFile open(const std::string& sha256) const override;
  bool exists(const std::string& sha256) const override;
  ByteSize freeSpace() const override;
  bool remove(const std::string& sha256) override;
  std::vector<ListedFile> list(std::string_view firstDigits) const override;
  bool removeStoredBefore(const std::string& sha256, TimePoint time) override;
  ByteSize removeAbandoned() override;

 private:
  UniqueFd root_, temp_;
};

}  // namespace clipcourier::media
