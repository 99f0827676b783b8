#include "media/hash_file.h"

#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/crypto.h"
#include "media/file_error.h"

namespace clipcourier::media {

std::string hashFile(int fd) {
  crypto::Sha256 hash;
  std::vector<char> buffer(512 << 10);
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), at);
    if (count == -1 && errno == EINTR) continue;
    if (count == -1) throwErrno("read a file");
    if (count == 0) return crypto::hex(hash.finish());
    hash.update({buffer.data(), static_cast<std::size_t>(count)});
    at += count;
  }
}

}  // namespace clipcourier::media
