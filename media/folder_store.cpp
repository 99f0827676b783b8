#include "media/folder_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "media/file_error.h"
#include "media/folder.h"
#include "media/hash_file.h"
#include "media/paced_writer.h"

namespace clipcourier::media {
namespace {

constexpr std::size_t kBuffer = 512 << 10;

bool isHash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void checkHash(const std::string& sha256) {
  if (!isHash(sha256))
    throw Error(ErrorKind::invalidInput, "not a SHA-256", "Give 64 lower-case hexadecimal digits.",
                "media.bad_hash");
}

TimePoint timeOf(const struct stat& facts) {
  return fromMs(facts.st_mtim.tv_sec * 1'000 + facts.st_mtim.tv_nsec / 1'000'000);
}

// None when it is not there.
std::optional<struct stat> lookAt(int folder, const std::string& name) {
  struct stat facts {};
  if (::fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(facts.st_mode))
    return std::nullopt;
  return facts;
}

// None when it is not there.
UniqueFd findFolder(int parent, const std::string& name) {
  return UniqueFd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Gives a stored file the time of now; false when it is not there.
bool touchStored(int folder, const std::string& name) {
  return ::utimensat(folder, name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0;
}
[[noreturn]] void throwTooLarge(ByteSize limit) {
  throw Error(ErrorKind::tooLarge, "file larger than " + toString(limit),
              "Send a file of at most " + toString(limit) + ".", "media.too_large");
}

}  // namespace

std::string storedPath(const std::string& sha256) {
  checkHash(sha256);
  return sha256.substr(0, 2) + "/" + sha256.substr(2, 2) + "/" + sha256;
}

FolderStore::FolderStore(const std::string& folder, Opening opening)
    : root_(makeFolder(AT_FDCWD, folder)), temp_(makeFolder(root_.get(), "temp")) {
  if (opening == Opening::tidy) removeAbandoned();
}

Incoming FolderStore::receive(ByteSource& source, ByteSize limit) {
  TempFile file = createTemp();
  PacedWriter writer(file.fd());
  crypto::Sha256 hash;
  std::vector<char> buffer(kBuffer);
  while (const std::size_t count = source.read(buffer.data(), buffer.size())) {
    if (writer.written() + count > limit.bytes) throwTooLarge(limit);
    const std::string_view bytes(buffer.data(), count);
    writer.write(bytes);  // before hashing, so that the disk works meanwhile
    hash.update(bytes);
  }
  return {std::move(file), crypto::hex(hash.finish()), {writer.written()}};
}

TempFile FolderStore::createTemp() { return TempFile::create(temp_.get()); }

StoredFile FolderStore::adopt(TempFile file, ByteSize limit) {
  struct stat facts {};
  check(::fstat(file.fd(), &facts), "look at a new file");
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (size > limit.bytes) throwTooLarge(limit);
  std::string sha256 = hashFile(file.fd());
  return keep({std::move(file), std::move(sha256), {size}});
}

StoredFile FolderStore::keep(Incoming incoming) {
  auto& [file, sha256, size] = incoming;
  const UniqueFd outer = makeFolder(root_.get(), sha256.substr(0, 2));
  const UniqueFd inner = makeFolder(outer.get(), sha256.substr(2, 2));
  bool wasThere = false;
  {
    const FolderLock lock(inner.get());  // removeStoredBefore() comes before or after this
    // A file of another size was damaged behind our back: the whole one replaces it.
    const auto facts = lookAt(inner.get(), sha256);
    wasThere = facts && static_cast<std::uint64_t>(facts->st_size) == size.bytes &&
               touchStored(inner.get(), sha256);
    if (!wasThere) {
      flush(file.fd());
      file.moveTo(inner.get(), sha256);
    }
  }
  // Also when it was there: whoever put it may not have come this far.
  for (const int folder : {inner.get(), outer.get(), root_.get()}) flush(folder);
  return {std::move(sha256), size, wasThere};
}

OpenFile FolderStore::open(const std::string& sha256) const {
  OpenFile file{UniqueFd(check(::openat(root_.get(), storedPath(sha256).c_str(),
                                        O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK),
                               "open the stored file " + sha256)),
                {}};
  struct stat facts {};
  check(::fstat(file.fd.get(), &facts), "look at a stored file");
  if (!S_ISREG(facts.st_mode))
    throw Error(ErrorKind::unavailable, "stored file " + sha256 + " is not a regular file");
  file.size.bytes = static_cast<std::uint64_t>(facts.st_size);
  return file;
}

bool FolderStore::exists(const std::string& sha256) const {
  struct stat facts {};
  return ::fstatat(root_.get(), storedPath(sha256).c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(facts.st_mode);
}

ByteSize FolderStore::freeSpace() const {
  struct statvfs facts {};
  check(::fstatvfs(temp_.get(), &facts), "ask for free space");
  return {facts.f_bavail * facts.f_frsize};
}

bool FolderStore::remove(const std::string& sha256) {
  if (::unlinkat(root_.get(), storedPath(sha256).c_str(), 0) == -1) {
    if (errno == ENOENT) return false;
    throwErrno("remove the stored file " + sha256);
  }
  flush(openFolder(root_.get(), sha256.substr(0, 2) + "/" + sha256.substr(2, 2)).get());
  return true;
}

std::vector<ListedFile> FolderStore::list(std::string_view firstDigits) const {
  std::vector<ListedFile> files;
  const UniqueFd outer = findFolder(root_.get(), std::string(firstDigits));
  if (!outer) return files;
  for (const std::string& name : namesIn(outer.get())) {
    const UniqueFd inner = findFolder(outer.get(), name);
    if (!inner) continue;
    for (std::string& sha256 : namesIn(inner.get())) {
      const auto facts = isHash(sha256) ? lookAt(inner.get(), sha256) : std::nullopt;
      if (facts)
        files.push_back(
            {std::move(sha256), {static_cast<std::uint64_t>(facts->st_size)}, timeOf(*facts)});
    }
  }
  return files;
}

bool FolderStore::removeStoredBefore(const std::string& sha256, TimePoint time) {
  checkHash(sha256);
  const UniqueFd folder = findFolder(root_.get(), sha256.substr(0, 2) + "/" + sha256.substr(2, 2));
  if (!folder) return false;
  const FolderLock lock(folder.get());
  const auto facts = lookAt(folder.get(), sha256);
  if (!facts || timeOf(*facts) >= time) return false;
  check(::unlinkat(folder.get(), sha256.c_str(), 0), "remove the stored file " + sha256);
  return true;
}

ByteSize FolderStore::removeAbandoned() { return {TempFile::removeAbandoned(temp_.get())}; }

}  // namespace clipcourier::media
