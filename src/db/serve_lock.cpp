#include "db/serve_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "db/database_url.h"

namespace clipcourier::db {

ServeLock::ServeLock(const DatabaseSettings& settings) {
  const auto file = sqliteFile(settings.url);
  if (!file) return;
  const std::string path = *file + ".lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0)
    throw Error(ErrorKind::unavailable, "cannot open " + path + ": " + std::strerror(errno),
                "make the folder of the database writable for the service");
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const ssize_t n = ::pread(fd_, holder.data(), holder.size() - 1, 0);
    ::close(fd_);
    throw Error(
        ErrorKind::conflict,
        "another process (" + text::trim({holder.data(), n > 0 ? std::size_t(n) : 0}) +
            ") already serves this database",
        "stop it first, or give this one its own database.url; several nodes need PostgreSQL",
        "db.already_served");
  }
  const std::string pid = "pid " + std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0)
    throw Error(ErrorKind::unavailable, "cannot write " + path + ": " + std::strerror(errno));
}

ServeLock::~ServeLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace clipcourier::db
