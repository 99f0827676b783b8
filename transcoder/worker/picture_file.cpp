#include "transcoder/worker/picture_file.h"

#include <unistd.h>

#include <cerrno>

#include "base/crypto.h"
#include "transcoder/worker/av_compat.h"
#include "transcoder/worker/descriptor_io.h"

namespace clipcourier::transcoder {

PictureFile writePicture(int fd, std::string_view bytes, int width, int height,
                         std::int64_t timeMs) {
  DescriptorFile file(fd);
  if (ftruncate(fd, 0) != 0) cannotWrite(AVERROR(errno), "empty a picture's file");
  const int rc = file.write(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                            static_cast<int>(bytes.size()));
  if (rc < 0) cannotWrite(rc, "write a picture");
  return {width, height, bytes.size(), crypto::hex(crypto::sha256(bytes)), timeMs};
}

}  // namespace clipcourier::transcoder
