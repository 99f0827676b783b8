#pragma once

#include <string>

#include "base/byte_source.h"
#include "db/database.h"
#include "jobs/bell.h"
#include "media/media_store.h"
#include "users/audit_log.h"
#include "videos/video.h"

namespace clipcourier::videos {

// What the uploader says about a file; both come from outside and may be empty.
struct UploadInfo {
  std::string title;
  std::string filename;
};

// Takes in uploads. Each upload is a video of its own, also when the same bytes came before: people
// upload a film again to give it another title or because they saw no answer, and a new entry that
// names its twin (VideoView::sameOriginal) is less surprising than an old one that changes. The
// bytes are stored once.
class IngestService {
 public:
  // Borrows its arguments; they must outlive it. `limit` is the largest file; `reserve` stays free
  // in the store, because the database that records receipts and STOPs may be on the same disk.
  IngestService(db::Database& database, media::MediaStore& store, const Clock& clock,
                jobs::Bell& bell, const users::AuditLog& audit, ByteSize limit,
                ByteSize reserve = {})
      : database_(database),
        store_(store),
        clock_(clock),
        bell_(bell),
        audit_(audit),
        limit_(limit),
        reserve_(reserve) {}

  ByteSize limit() const { return limit_; }

  // The file as it arrives; nothing is stored until accept(). Throws Error(tooLarge) above the
  // limit, Error(outOfSpace) when the reserve would be touched.
  media::Incoming receive(ByteSource& source);
  // Stores the file; the video and its probe appear together. Throws Error(invalidInput) for a
  // title or a file that cannot be.
  Video accept(const UploadInfo& info, media::Incoming file, const Actor& actor);

  // For who stores the file himself. Throws Error(outOfSpace) "media.low_space" when this many more
  // bytes would touch the reserve.
  void requireSpace(ByteSize coming = {}) const;
  // Adds the video and its probe; ring the bell after the commit.
  Video add(db::Transaction& tx, const UploadInfo& checked, const FileRef& file,
            const Actor& actor);

 private:
  db::Database& database_;
  media::MediaStore& store_;
  const Clock& clock_;
  jobs::Bell& bell_;
  const users::AuditLog& audit_;
  ByteSize limit_, reserve_;
};

// Looks after the reserve while the bytes arrive. Borrows both.
class SparingSource : public ByteSource {
 public:
  SparingSource(ByteSource& source, const IngestService& ingest)
      : source_(source), ingest_(ingest) {}
  std::size_t read(char* to, std::size_t size) override;

 private:
  ByteSource& source_;
  const IngestService& ingest_;
  std::size_t unlooked_ = 0;  // bytes until the next look
};

// Title and name as stored: the title is the name's when none is given. Throws as checkedTitle().
UploadInfo checkedInfo(const UploadInfo& info);

// The title as stored: trimmed. Throws Error(invalidInput) when it is empty, longer than 200
// characters or no text.
std::string checkedTitle(const std::string& title);

}  // namespace clipcourier::videos
