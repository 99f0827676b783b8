#pragma once

#include <optional>
#include <string>

#include "base/crypto.h"
#include "base/error.h"
#include "media/media_store.h"
#include "videos/video.h"

namespace clipcourier::videos {

// Ties a clip to the report that says it conforms. The report's canonical bytes and the clip's hash
// are authenticated with the service's key, so neither the row nor the file can be exchanged by
// whoever can write to the database or the disk alone. Thread-safe.
class ClipProof {
 public:
  explicit ClipProof(const crypto::KeyRing& keys) : key_(keys.key("clip-report")) {}

  // The MAC to store beside the report, hexadecimal.
  std::string mac(const std::string& clipSha256, const std::string& canonicalReport) const;

  // Why the clip must not be sent, one reason with code and what to do; none when it may: it is (or
  // was) ready, the MAC is ours, the report passed and speaks of this very clip and profile.
  std::optional<ErrorDetail> problem(const Clip& clip) const;
  // Throws Error(refused) with that reason.
  void verify(const Clip& clip) const;
  // verify(), and reads the stored file to see that its bytes are still those.
  void verifyWithBytes(const Clip& clip, const media::MediaStore& store) const;

 private:
  std::string key_;
};

}  // namespace clipcourier::videos
