#include "media/media_store.h"

#include "media/hash_file.h"

namespace clipcourier::media {

bool MediaStore::intact(const std::string& sha256) const {
  return hashFile(open(sha256).fd.get()) == sha256;
}

}  // namespace clipcourier::media
