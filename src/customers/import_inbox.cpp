#include "customers/import_inbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/crypto.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace clipcourier::customers {
namespace {

Error cannotWrite() {
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG
             ? Error(ErrorKind::outOfSpace, "the disk of the imports is full",
                     "free space and send the file again")
             : Error(ErrorKind::unavailable, "the file cannot be stored", "check the var folder");
}

void writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw cannotWrite();
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

ImportInbox::ImportInbox(std::filesystem::path folder)
    : folder_(std::filesystem::absolute(std::move(folder))) {
  std::filesystem::create_directories(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
}

std::string ImportInbox::store(ByteSource& bytes) const {
  const std::string path = folder_ / (crypto::hex(crypto::randomBytes(16)) + ".csv");
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) throw cannotWrite();
  try {
    std::array<char, 65'536> buffer{};
    while (const std::size_t n = bytes.read(buffer.data(), buffer.size()))
      writeAll(file.get(), {buffer.data(), n});
    if (::fsync(file.get()) != 0) throw cannotWrite();
    const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) throw cannotWrite();
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  return path;
}

std::vector<std::string> ImportInbox::untouchedFor(Millis time) const {
  std::vector<std::string> files;
  const auto newest = std::filesystem::file_time_type::clock::now() - time;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::error_code gone;  // meanwhile: its import is over
    const auto written = entry.last_write_time(gone);
    if (!gone && written <= newest) files.push_back(entry.path().string());
  }
  return files;
}

void ImportInbox::remove(const std::string& path) const {
  if (std::filesystem::path(path).parent_path() != folder_) return;
  std::error_code gone;
  std::filesystem::remove(path, gone);
}

}  // namespace clipcourier::customers
