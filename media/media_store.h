#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_size.h"
#include "base/byte_source.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "media/temp_file.h"

// Content-addressed storage: a file's name is the SHA-256 of its bytes, so a stored file never
// changes, the same bytes are kept once, and whoever holds a hash can check what he is given.
//
// Hashes are 64 lower-case hexadecimal digits; anything else throws Error(invalidInput). A full
// disk throws Error(outOfSpace), other trouble with the disk Error(unavailable). An operation that
// throws leaves nothing behind. Thread-safe; several processes may share one store.
namespace clipcourier::media {

struct StoredFile {
  std::string sha256;
  ByteSize size;
  bool wasThere = false;  // these bytes had been stored before
};

// Bytes that have arrived but are not stored yet; they vanish with this value.
struct Incoming {
  TempFile file;
  std::string sha256;
  ByteSize size;
};

// Read-only and close-on-exec; stays readable when the file is removed meanwhile.
struct OpenFile {
  UniqueFd fd;
  ByteSize size;
};

// As a list shows it.
struct ListedFile {
  std::string sha256;
  ByteSize size;
  TimePoint storedAt;  // when these bytes were stored last
};

class MediaStore {
 public:
  virtual ~MediaStore() = default;

  // Reads the source to its end, hashing and flushing while it arrives, with a small buffer
  // whatever the size. More than `limit`: Error(tooLarge). For forms, where a file's end is not yet
  // the end.
  virtual Incoming receive(ByteSource& source, ByteSize limit) = 0;
  // Returns when the bytes are durable under their hash. They count as stored now also when they
  // were there, which keeps removeStoredBefore() from them until somebody can refer to them.
  virtual StoredFile keep(Incoming incoming) = 0;
  StoredFile put(ByteSource& source, ByteSize limit) { return keep(receive(source, limit)); }

  // An empty file for someone else to write (a child process gets its descriptor), to be given to
  // adopt(); it vanishes with its TempFile, or at the latest when the next process opens the store.
  virtual TempFile createTemp() = 0;

  // Hashes what was written and stores it. Call it when no one can write to the file any more: a
  // descriptor left in a living child would let it change the stored bytes.
  virtual StoredFile adopt(TempFile file, ByteSize limit) = 0;

  virtual OpenFile open(const std::string& sha256) const = 0;  // Error(notFound)
  virtual bool exists(const std::string& sha256) const = 0;

  // Reads the whole file again and says whether its bytes still have this hash.
  bool intact(const std::string& sha256) const;

  // What can still be stored, as far as the store knows.
  virtual ByteSize freeSpace() const = 0;

  // False when it was not there. The caller makes sure that nothing refers to it, nor is about to.
  virtual bool remove(const std::string& sha256) = 0;

  // The files whose hash begins with these two digits, in no order.
  virtual std::vector<ListedFile> list(std::string_view firstDigits) const = 0;
  // Removes it unless it was stored, also again, at that time or later. False when it stays or was
  // not there.
  virtual bool removeStoredBefore(const std::string& sha256, TimePoint time) = 0;
  // Removes what killed processes left half-written; returns its bytes.
  virtual ByteSize removeAbandoned() = 0;
};

}  // namespace clipcourier::media
