#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "media/media_store.h"
#include "net/http_engine.h"
#include "senders/sender_directory.h"

namespace clipcourier::senders {

// What is to be sent by media id: a file of the media store.
struct MediaWanted {
  SenderId sender;
  std::string sha256;  // names the file
  std::string mimeType = "video/mp4";
  std::string fileName = "clip.mp4";
};

// Which files a provider holds for which of our numbers, and under which id. A file is uploaded
// once per number and reused for every recipient: a row lends the upload to one thread of one node
// at a time. Ids live 30 days at the provider and are renewed five days before; the old one serves
// until the new one is there. Borrows its arguments. Thread-safe.
class MediaLedger {
 public:
  MediaLedger(db::Database& database, net::HttpEngine& http, SenderDirectory& directory,
              const media::MediaStore& store, const Clock& clock)
      : database_(database), http_(http), directory_(directory), store_(store), clock_(clock) {}

  // The id to send by; none when there is none yet or it has expired. One statement, no upload.
  static std::optional<std::string> usable(db::Connection& connection, SenderId sender,
                                           const std::string& sha256, TimePoint now);

  // Uploads when needed, waits for it, and returns the id. Throws Error: unavailable when another
  // try may help ("media.uploading": somebody else is at it), refused when the provider rejects the
  // file, notFound when the store does not have it. Made for a job: it may run again at any time.
  std::string ensure(const MediaWanted& wanted);

  // A message that was sent with the id at `usedAt` failed because of its file. The id is used no
  // more, unless it is a younger one; a renewal under way goes on.
  enum class Distrust {
    replaced,  // there will be another id, or there is one already
    worn,      // uploads of this file failed again and again within a day: it is the file
    unknown,   // the ledger does not know the file
  };
  static Distrust distrust(db::Transaction& tx, SenderId sender, const std::string& sha256,
                           TimePoint usedAt, int code, TimePoint now);

  struct Due {
    SenderId sender;
    std::string sha256;
  };
  // Those whose renewal is due and not under way, the most urgent first. Renew what is still in
  // use: an id nobody needs may expire.
  static std::vector<Due> due(db::Connection& connection, TimePoint now, int limit);

 private:
  std::optional<TimePoint> borrow(const MediaWanted& wanted, TimePoint now);
  std::string upload(const MediaWanted& wanted, TimePoint lease);
  void fail(const MediaWanted& wanted, TimePoint lease, int code, const std::string& reason);

  db::Database& database_;
  net::HttpEngine& http_;
  SenderDirectory& directory_;
  const media::MediaStore& store_;
  const Clock& clock_;
};

}  // namespace clipcourier::senders
