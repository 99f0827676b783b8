#include "videos/ingest_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "videos/video_repository.h"
#include "videos/video_state.h"

namespace clipcourier::videos {
namespace {

constexpr std::size_t kMaxTitle = 200;  // characters
constexpr std::size_t kMaxFilename = 200;

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::size_t characters(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Only to be shown: without folders, control characters and nonsense.
std::string cleanFilename(const std::string& name) {
  std::string base = name.substr(name.find_last_of("/\\") + 1);
  std::erase_if(base, isControl);
  if (!text::isUtf8(base)) return {};
  return text::truncate(text::trim(base), kMaxFilename);
}

std::string titleFrom(const std::string& filename) {
  const std::string stem = text::trim(filename.substr(0, filename.find_last_of('.')));
  return stem.empty() ? "Video" : stem;
}

}  // namespace

std::string checkedTitle(const std::string& title) {
  const std::string trimmed = text::trim(title);
  if (trimmed.empty() || !text::isUtf8(trimmed) || characters(trimmed) > kMaxTitle ||
      std::any_of(trimmed.begin(), trimmed.end(), isControl))
    throw Error(ErrorKind::invalidInput, "title is empty, too long or no text",
                "Give a title of 1 to 200 characters in one line, in UTF-8.", "video.bad_title");
  return trimmed;
}

UploadInfo checkedInfo(const UploadInfo& info) {
  UploadInfo checked;
  checked.filename = cleanFilename(info.filename);
  checked.title = checkedTitle(info.title.empty() ? titleFrom(checked.filename) : info.title);
  return checked;
}

void IngestService::requireSpace(ByteSize coming) const {
  if (store_.freeSpace().bytes < reserve_.bytes + coming.bytes)
    throw Error(ErrorKind::outOfSpace, "too little space is left on the disk for an upload",
                "Free or add space, or lower media.min_free_mb, then try again.",
                "media.low_space");
}

std::size_t SparingSource::read(char* to, std::size_t size) {
  if (unlooked_ == 0) {
    ingest_.requireSpace();
    unlooked_ = 16 << 20;
  }
  const std::size_t count = source_.read(to, std::min(size, unlooked_));
  unlooked_ -= count;
  return count;
}

media::Incoming IngestService::receive(ByteSource& source) {
  SparingSource sparing(source, *this);
  return store_.receive(sparing, limit_);
}

Video IngestService::accept(const UploadInfo& info, media::Incoming file, const Actor& actor) {
  if (file.size.bytes == 0)
    throw Error(ErrorKind::invalidInput, "uploaded file is empty",
                "Send the video's bytes in the part \"file\".", "upload.empty");
  const UploadInfo checked = checkedInfo(info);
  const media::StoredFile stored = store_.keep(std::move(file));
  Video video = database_.write([&](db::Transaction& tx) {
    return add(tx, checked, {stored.sha256, stored.size}, actor);
  });
  bell_.ring();
  return video;
}

Video IngestService::add(db::Transaction& tx, const UploadInfo& checked, const FileRef& file,
                         const Actor& actor) {
  const TimePoint now = clock_.now();
  Video added =
      VideoRepository(tx).add(checked.title, checked.filename, file.sha256, file.size, now);
  addProbe(tx, added.id, now);
  audit_.record(tx, actor, "video.uploaded", "video", added.id.value,
                {{"sha256", file.sha256}, {"bytes", file.size.bytes}});
  return added;
}

}  // namespace clipcourier::videos
