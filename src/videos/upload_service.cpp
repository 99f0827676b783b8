#include "videos/upload_service.h"

#include <exception>

#include "base/crypto.h"
#include "base/error.h"
#include "videos/upload_repository.h"

namespace clipcourier::videos {
namespace {

constexpr int kBatch = 100;
constexpr std::chrono::days kRemembered{7};  // so that who comes too late is told so

[[noreturn]] void gone() {
  throw Error(ErrorKind::gone, "this upload has ended", "Begin a new one.", "upload.gone");
}

bool isOf(const Upload& upload, const Actor& owner) {
  return upload.owner.kind == owner.kind && upload.owner.id == owner.id;
}

// A byte behind the end means that the client counts differently than we.
void requireNothing(ByteSource& source) {
  char byte = 0;
  if (source.read(&byte, 1) > 0)
    throw Error(ErrorKind::tooLarge, "this upload has all its bytes", "Send no more.",
                "upload.too_long");
}

}  // namespace

Upload UploadService::create(const NewUpload& wanted, const Actor& owner) {
  if (wanted.length.bytes == 0)
    throw Error(ErrorKind::invalidInput, "a video of no bytes cannot be taken",
                "Give the length of the file in Upload-Length.", "upload.empty");
  if (wanted.length > ingest_.limit())
    throw Error(ErrorKind::tooLarge, "file larger than " + toString(ingest_.limit()),
                "Send a file of at most " + toString(ingest_.limit()) + ".", "media.too_large");
  Upload upload;
  upload.info = checkedInfo(wanted.info);
  ingest_.requireSpace(wanted.length);
  upload.id = crypto::hex(crypto::randomBytes(16));
  upload.owner = {owner.kind, owner.id, ""};
  upload.metadata = wanted.metadata;
  upload.length = wanted.length;
  upload.createdAt = clock_.now();
  upload.expiresAt = upload.createdAt + life_;
  database_.write([&](db::Transaction& tx) { UploadRepository(tx).add(upload); });
  return upload;
}

Upload UploadService::get(const std::string& id, const Actor& owner) {
  auto found = database_.read(
      [&](db::Connection& connection) { return UploadRepository(connection).find(id); });
  if (!found || !isOf(*found, owner)) uploadNotFound();
  const bool late = found->state == UploadState::uploading && !found->complete() &&
                    found->expiresAt <= clock_.now();
  if (found->state == UploadState::expired || late) gone();
  return std::move(*found);
}

void UploadService::requireOffset(const Upload& upload, ByteSize offset) const {
  if (offset != upload.offset)
    throw Error(ErrorKind::conflict, "the upload goes on at another offset",
                "Ask for the offset with HEAD and go on there.", "upload.wrong_offset");
}

// Only somebody who takes files away, or a disk that was restored, makes this true.
void UploadService::requireBytes(const Upload& upload, std::uint64_t present) const {
  if (present < upload.offset.bytes) gone();
}

Upload UploadService::find(const std::string& id, const Actor& owner) {
  Upload upload = get(id, owner);
  if (upload.state != UploadState::uploading) return upload;
  if (upload.complete()) return finishIfFree(upload) ? get(id, owner) : upload;
  if (files_.size(id).value_or(0) >= upload.offset.bytes) return upload;
  upload = get(id, owner);  // its file is gone because it became a video just now?
  if (upload.state == UploadState::uploading) requireBytes(upload, files_.size(id).value_or(0));
  return upload;
}

Appended UploadService::append(const std::string& id, const Actor& owner, ByteSize offset,
                               ByteSource& source, const std::optional<Checksum>& checksum) {
  const Upload before = find(id, owner);
  requireOffset(before, offset);
  if (before.state == UploadState::done) {
    requireNothing(source);
    return Appended::stored;
  }
  if (before.complete()) return Appended::locked;
  auto file = files_.open(id);
  if (!file) return Appended::locked;
  return receive(id, owner, offset, *file, source, checksum);
}

// What was true before the lock may not be any more.
Appended UploadService::receive(const std::string& id, const Actor& owner, ByteSize offset,
                                media::PartialFile& file, ByteSource& source,
                                const std::optional<Checksum>& checksum) {
  Upload upload = get(id, owner);
  requireOffset(upload, offset);
  if (upload.complete()) return Appended::locked;
  requireBytes(upload, file.size());
  SparingSource sparing(source, ingest_);
  UploadWriter writer(database_, clock_, life_, file, upload);
  if (!writer.write(sparing, checksum)) return Appended::wrongChecksum;
  if (upload.complete()) finish(upload, file);
  return Appended::stored;
}

void UploadService::remove(const std::string& id, const Actor& owner) {
  get(id, owner);
  database_.write([&](db::Transaction& tx) { UploadRepository(tx).remove(id); });
  files_.remove(id);  // a request that is writing finds the row gone
}

void UploadService::finishInterrupted() {
  const auto waiting = database_.read(
      [&](db::Connection& connection) { return UploadRepository(connection).complete(kBatch); });
  std::exception_ptr failure;
  for (const Upload& upload : waiting) {
    try {
      finishIfFree(upload);
    } catch (const Error&) {  // one must not hold up the others
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

// False when somebody else has it.
bool UploadService::finishIfFree(const Upload& upload) {
  const auto file = files_.open(upload.id);
  if (!file) return false;
  const auto now = database_.read(
      [&](db::Connection& connection) { return UploadRepository(connection).find(upload.id); });
  if (!now || now->state != UploadState::uploading) {
    files_.remove(upload.id);
    return true;
  }
  if (file->size() < upload.length.bytes) {
    database_.write([&](db::Transaction& tx) { UploadRepository(tx).remove(upload.id); });
    files_.remove(upload.id);
    gone();
  }
  finish(upload, *file);
  return true;
}

// Killed anywhere in here, it is done again: the partial file stays until the commit, and the store
// keeps the same bytes once.
void UploadService::finish(const Upload& upload, const media::PartialFile& file) {
  const media::StoredFile stored = store_.adopt(files_.link(upload.id, file), upload.length);
  database_.write([&](db::Transaction& tx) {
    const Video video = ingest_.add(tx, upload.info, {stored.sha256, stored.size}, upload.owner);
    if (!UploadRepository(tx).finish(upload.id, video.id, clock_.now() + life_)) uploadNotFound();
  });
  bell_.ring();
  files_.remove(upload.id);
}

void UploadService::expire() {
  const TimePoint now = clock_.now();
  database_.write([&](db::Transaction& tx) {
    UploadRepository uploads(tx);
    uploads.expire(now, kBatch);
    uploads.forget(now - kRemembered, kBatch);
  });
}

}  // namespace clipcourier::videos
