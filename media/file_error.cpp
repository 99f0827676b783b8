#include "media/file_error.h"

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace clipcourier::media {

void throwErrno(const std::string& doing) {
  const int code = errno;
  const std::string what = doing + ": " + std::generic_category().message(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // RLIMIT_FSIZE or the file system's largest file
      throw Error(ErrorKind::outOfSpace, what,
                  "The media store is full. Free or add space, then try again.", "media.full");
    case ENOENT:
    case ELOOP:  // a link instead of a file is none of ours
      throw Error(ErrorKind::notFound, what, "This file is not in the media store.",
                  "media.not_found");
    default:
      throw Error(ErrorKind::unavailable, what,
                  "The media store cannot be used. Check its folder, its owner and the disk.",
                  "media.unavailable");
  }
}

int check(int rc, const std::string& doing) {
  if (rc == -1) throwErrno(doing);
  return rc;
}

}  // namespace clipcourier::media
