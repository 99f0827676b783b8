#pragma once

#include <optional>
#include <string>

#include "base/byte_source.h"
#include "db/database.h"
#include "jobs/bell.h"
#include "media/media_store.h"
#include "media/partial_files.h"
#include "videos/ingest_service.h"
#include "videos/upload.h"
#include "videos/upload_writer.h"

namespace clipcourier::videos {

struct NewUpload {
  UploadInfo info;       // from outside
  std::string metadata;  // to be given back unchanged
  ByteSize length;
};

enum class Appended {
  stored,
  locked,         // another request is writing, or makes the video right now
  wrongChecksum,  // nothing was kept
};

// Uploads over several requests, that survive anything: a broken connection, a killed process, a
// full disk. What was acknowledged is on the disk; when the last byte is, the upload becomes a
// video with its probe in one commit, whoever comes by first: the request, a later one, or the
// service.
//
// An upload belongs to its maker; to others it is Error(notFound). One whose time is over, or whose
// file is gone, is Error(gone). Thread-safe, also with other processes on the same folder.
class UploadService {
 public:
  // Borrows its arguments; they must outlive it. An upload may rest for `life`.
  UploadService(db::Database& database, media::MediaStore& store, media::PartialFiles& files,
                IngestService& ingest, const Clock& clock, jobs::Bell& bell, Millis life)
      : database_(database),
        store_(store),
        files_(files),
        ingest_(ingest),
        clock_(clock),
        bell_(bell),
        life_(life) {}

  ByteSize limit() const { return ingest_.limit(); }

  // Throws Error(invalidInput) for a title that cannot be or no bytes at all, Error(tooLarge),
  // Error(outOfSpace) when it would not fit.
  Upload create(const NewUpload& wanted, const Actor& owner);
  // Makes the video when only that is missing, unless somebody else is doing it.
  Upload find(const std::string& id, const Actor& owner);
  // Error(conflict) "upload.wrong_offset" unless `offset` is the upload's.
  Appended append(const std::string& id, const Actor& owner, ByteSize offset, ByteSource& source,
                  const std::optional<Checksum>& checksum);
  // A video that was made of it stays.
  void remove(const std::string& id, const Actor& owner);

  // Makes the videos of uploads that were complete when their process died.
  void finishInterrupted();
  // Ends what rested too long, and forgets what ended long ago; the files are for the cleaner.
  void expire();

 private:
  Upload get(const std::string& id, const Actor& owner);  // Error(notFound), Error(gone)
  void requireOffset(const Upload& upload, ByteSize offset) const;
  void requireBytes(const Upload& upload, std::uint64_t present) const;
  Appended receive(const std::string& id, const Actor& owner, ByteSize offset,
                   media::PartialFile& file, ByteSource& source,
                   const std::optional<Checksum>& checksum);
  bool finishIfFree(const Upload& upload);
  void finish(const Upload& upload, const media::PartialFile& file);

  db::Database& database_;
  media::MediaStore& store_;
  media::PartialFiles& files_;
  IngestService& ingest_;
  const Clock& clock_;
  jobs::Bell& bell_;
  const Millis life_;
};

}  // namespace clipcourier::videos
