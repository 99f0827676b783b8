#include "videos/upload_writer.h"

#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "videos/upload_repository.h"

namespace clipcourier::videos {
namespace {

constexpr std::uint64_t kBetween = 8 << 20;  // bytes that a kill may cost, at most
constexpr Millis kAtLatest{2'000};           // and on a slow line this much time
constexpr std::size_t kBuffer = 256 << 10;

}  // namespace

void uploadNotFound() {
  throw Error(ErrorKind::notFound, "there is no such upload",
              "Begin a new one: it may have ended long ago, or belong to another token.",
              "upload.not_found");
}

UploadWriter::UploadWriter(db::Database& database, const Clock& clock, Millis life,
                           media::PartialFile& file, Upload& upload)
    : database_(database),
      clock_(clock),
      life_(life),
      file_(file),
      upload_(upload),
      writer_(file.fd(), upload.offset.bytes),
      acknowledgedAt_(clock.now()) {
  file_.cut(upload.offset.bytes);  // nobody was told of the bytes behind
}

bool UploadWriter::write(ByteSource& source, const std::optional<Checksum>& checksum) {
  std::optional<crypto::Digest> digest;
  if (checksum) digest.emplace(checksum->algorithm);
  try {
    copy(source, digest ? &*digest : nullptr);
    if (digest && !crypto::equal(digest->finish(), checksum->digest)) {
      file_.cut(upload_.offset.bytes);
      return false;
    }
    acknowledge();
    return true;
  } catch (...) {
    try {
      file_.cut(upload_.offset.bytes);  // gives a full disk its space back
    } catch (const Error&) {            // the next request will do it
    }
    throw;
  }
}

void UploadWriter::copy(ByteSource& source, crypto::Digest* digest) {
  std::vector<char> buffer(kBuffer);
  while (const auto count = readOrKeep(source, buffer.data(), buffer.size(), !digest)) {
    if (writer_.written() + count > upload_.length.bytes)
      throw Error(
          ErrorKind::tooLarge, "more bytes came than the upload has",
          "Send " + std::to_string(upload_.length.bytes - upload_.offset.bytes) + " bytes at most.",
          "upload.too_long");
    const std::string_view bytes(buffer.data(), count);
    writer_.write(bytes);
    if (digest)
      digest->update(bytes);
    else if (writer_.written() - upload_.offset.bytes >= kBetween ||
             clock_.now() - acknowledgedAt_ >= kAtLatest)
      acknowledge();
  }
}

std::size_t UploadWriter::readOrKeep(ByteSource& source, char* to, std::size_t size,
                                     bool unchecked) {
  try {
    return source.read(to, size);
  } catch (const Error&) {
    if (unchecked) acknowledge();
    throw;
  }
}

void UploadWriter::acknowledge() {
  media::flush(file_.fd());
  const ByteSize offset{writer_.written()};
  acknowledgedAt_ = clock_.now();
  const TimePoint expires = acknowledgedAt_ + life_;
  database_.write([&](db::Transaction& tx) {
    if (!UploadRepository(tx).advance(upload_.id, offset, expires)) uploadNotFound();
  });
  upload_.offset = offset;
  upload_.expiresAt = expires;
}

}  // namespace clipcourier::videos
