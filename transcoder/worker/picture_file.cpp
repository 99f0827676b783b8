#include "transcoder/worker/picture_file.h"

#include <unistd.h>

#include "base/crypto.h"
#include "base/error.h"
#include "transcoder/worker/descriptor_io.h"

namespace clipcourier::transcoder {

PictureFile writePicture(int fd, std::string_view bytes, int width, int height,
                         std::int64_t timeMs) {
  DescriptorFile file(fd);
  if (ftruncate(fd, 0) != 0 || file.write(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                          static_cast<int>(bytes.size())) < 0)
    throw Error(ErrorKind::internal, "write a picture", {}, "output");
  return {width, height, bytes.size(), crypto::hex(crypto::sha256(bytes)), timeMs};
}

}  // namespace clipcourier::transcoder
