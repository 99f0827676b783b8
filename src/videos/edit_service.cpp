#include "videos/edit_service.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "transcoder/captions.h"
#include "transcoder/report.h"
#include "videos/clip_repository.h"
#include "videos/picture_repository.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

using transcoder::Edits;

constexpr std::int64_t kShortestMs = 500;  // of what a trim leaves

Edits parse(const std::string& edits) { return nlohmann::json::parse(edits).get<Edits>(); }

std::string dump(const Edits& edits) { return nlohmann::json(transcoder::canonical(edits)).dump(); }

// 0 while it is not known.
std::int64_t durationOf(const Video& video) {
  if (video.source.empty()) return 0;
  return nlohmann::json::parse(video.source).value("duration_ms", std::int64_t{0});
}

// What parseEdits() cannot know: whether the wishes fit this very video.
void requireFitting(const Video& video, const Edits& edits) {
  std::vector<ErrorDetail> mistakes;
  const auto mistake = [&](const char* where, std::string what) {
    mistakes.push_back({"field.not_valid", where, std::move(what)});
  };
  if (edits.logo && !video.logo)
    mistake("logo", "has no picture: upload it with PUT /api/v1/videos/{id}/logo");
  if (edits.captions && !video.captions)
    mistake("captions", "have no text: upload it with PUT /api/v1/videos/{id}/captions");
  if (const std::int64_t duration = durationOf(video); duration > 0) {
    const std::int64_t end = std::min(edits.trimEndMs.value_or(duration), duration);
    if (edits.trimStartMs > 0 && edits.trimStartMs > duration - kShortestMs)
      mistake("trim_start_ms", "lies behind the video, which has " + std::to_string(duration) +
                                   " ms; at least " + std::to_string(kShortestMs) + " must stay");
    else if ((edits.trimStartMs > 0 || edits.trimEndMs) && end - edits.trimStartMs < kShortestMs)
      mistake("trim_end_ms",
              "leaves too little: at least " + std::to_string(kShortestMs) + " ms must stay");
  }
  if (mistakes.empty()) return;
  std::string all;
  for (const ErrorDetail& each : mistakes) all += "; " + each.where + ' ' + each.what;
  throw Error(ErrorKind::invalidInput, "the edits do not fit this video" + all,
              "Correct the named fields.", "edits.invalid")
      .with(std::move(mistakes));
}

void requireEdits(const Video& video, std::optional<std::int64_t> version) {
  if (!version || *version == video.editVersion) return;
  throw Error(ErrorKind::conflict, "the edits were changed meanwhile",
              "Load the edits again, look at them, and send their new version.",
              "video.edits_changed");
}

void requirePictures(const Video& video, std::optional<std::int64_t> revision) {
  if (!revision || *revision == video.pictureRevision) return;
  throw Error(ErrorKind::conflict, "the poster or the edits were changed meanwhile",
              "Load the pictures again, look at them, and send their new version.",
              "video.poster_changed");
}

bool isImage(std::string_view head) {
  using namespace std::string_view_literals;
  return head.starts_with("\x89PNG\r\n\x1a\n"sv) || head.starts_with("\xff\xd8\xff"sv) ||
         (head.starts_with("RIFF"sv) && head.substr(0, 12).ends_with("WEBP"sv));
}

// Lets only pictures through, by their first bytes; whether they are whole is seen when they are
// used, in the transcoder's process.
class ImageSource : public ByteSource {
 public:
  explicit ImageSource(ByteSource& source) : source_(source) {
    char buffer[12];
    while (head_.size() < sizeof buffer) {
      const std::size_t count = source_.read(buffer, sizeof buffer - head_.size());
      if (count == 0) break;
      head_.append(buffer, count);
    }
    if (!isImage(head_))
      throw Error(ErrorKind::unsupported, "this is no picture that can be taken",
                  "Send a PNG, a JPEG or a WebP.", "image.type");
  }

  std::size_t read(char* to, std::size_t size) override {
    if (at_ == head_.size()) return source_.read(to, size);
    const std::size_t count = head_.copy(to, size, at_);
    at_ += count;
    return count;
  }

 private:
  ByteSource& source_;
  std::string head_;
  std::size_t at_ = 0;
};

std::string readAll(ByteSource& source, ByteSize limit) {
  std::string text;
  char buffer[16'384];
  while (const std::size_t count = source.read(buffer, sizeof buffer)) {
    text.append(buffer, count);
    if (text.size() > limit.bytes)
      throw Error(ErrorKind::tooLarge, "the captions are too large",
                  "Send at most " + std::to_string(limit.bytes) + " bytes.", "captions.too_large");
  }
  return text;
}

// Of a file that is known to be small.
std::string contentOf(const media::OpenFile& file) {
  std::string bytes(file.size.bytes, '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count =
        ::pread(file.fd.get(), bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      throw Error(ErrorKind::unavailable, "cannot read the stored captions",
                  "Check the disk of the media store.", "media.unavailable");
    got += static_cast<std::size_t>(count);
  }
  return bytes;
}

class Text : public ByteSource {
 public:
  explicit Text(std::string_view text) : text_(text) {}
  std::size_t read(char* to, std::size_t size) override {
    const std::size_t count = text_.copy(to, size);
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;
};

}  // namespace

Video EditService::setEdits(VideoId id, std::optional<std::int64_t> version,
                            const nlohmann::json& edits, const Actor& actor) {
  const Edits parsed = transcoder::parseEdits(edits);
  if (parsed.captions) requireCaptionsOf(id, *parsed.captions);
  return change(id, version, actor, "video.edited", [&](Video& video, Edits& wanted) {
    wanted = parsed;
    requireFitting(video, wanted);
  });
}

Video EditService::setCaptions(VideoId id, std::optional<std::int64_t> version,
                               const std::string& format, ByteSource& text, const Actor& actor) {
  const std::string bytes = readAll(text, kMaxCaptions);
  transcoder::parseCaptions(bytes, format);
  requireEdits(load(id), version);  // before bytes are stored; asked again with the change
  Text source(bytes);
  const media::StoredFile stored = store_.put(source, kMaxCaptions);
  return change(id, version, actor, "video.captions_set", [&](Video& video, Edits& edits) {
    video.captions = {stored.sha256, stored.size};
    edits.captions = format;
  });
}

Video EditService::removeCaptions(VideoId id, std::optional<std::int64_t> version,
                                  const Actor& actor) {
  return change(id, version, actor, "video.captions_removed", [](Video& video, Edits& edits) {
    video.captions = {};
    edits.captions.reset();
  });
}

Video EditService::setLogo(VideoId id, std::optional<std::int64_t> version, ByteSource& image,
                           const Actor& actor) {
  const FileRef stored =
      receiveImage(id, image, kMaxLogo, [&](const Video& video) { requireEdits(video, version); });
  return change(id, version, actor, "video.logo_set", [&](Video& video, Edits& edits) {
    video.logo = stored;
    if (!edits.logo) edits.logo.emplace();
  });
}

Video EditService::removeLogo(VideoId id, std::optional<std::int64_t> version, const Actor& actor) {
  return change(id, version, actor, "video.logo_removed", [](Video& video, Edits& edits) {
    video.logo = {};
    edits.logo.reset();
  });
}

Video EditService::choosePoster(VideoId id, std::optional<std::int64_t> revision,
                                const PosterWish& wish, const Actor& actor) {
  Video video = database_.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.lock(id);
    Video before = videos.get(id);
    requirePictures(before, revision);
    const std::int64_t duration = durationOf(before);
    if (wish.kind == PosterWish::Kind::time && duration > 0 && wish.atMs >= duration)
      throw Error(ErrorKind::invalidInput, "the time lies behind the end of the video",
                  "Give a time below " + std::to_string(duration) + " ms.", "poster.time");
    if (before.poster == wish && before.pictureFailure.empty()) return before;
    before.poster = wish;
    Video after = videos.wishPoster(before, clock_.now());
    if (!after.source.empty()) addPictures(tx, id, clock_.now());
    audit_.record(tx, actor, "video.poster_chosen", "video", id.value,
                  {{"choice", name(wish.kind)}, {"time_ms", wish.atMs}});
    return after;
  });
  bell_.ring();
  return video;
}

Video EditService::chooseCandidate(VideoId id, std::optional<std::int64_t> revision, int number,
                                   const Actor& actor) {
  const auto wish = database_.read([&](db::Connection& connection) {
    const Video video = VideoRepository(connection).get(id);
    for (const VideoPicture& picture : PictureRepository(connection).current(id, video.editVersion))
      if (picture.kind == PictureKind::candidate && picture.number == number)
        return PosterWish{PosterWish::Kind::time, picture.timeMs, {}};
    throw Error(ErrorKind::notFound, "there is no such candidate",
                "List the pictures of the video: they name the candidates.", "poster.no_candidate");
  });
  return choosePoster(id, revision, wish, actor);
}

Video EditService::uploadPoster(VideoId id, std::optional<std::int64_t> revision, ByteSource& image,
                                const Actor& actor) {
  const FileRef stored = receiveImage(
      id, image, kMaxPosterImage, [&](const Video& video) { requirePictures(video, revision); });
  return choosePoster(id, revision, {PosterWish::Kind::own, 0, stored}, actor);
}

Video EditService::change(VideoId id, std::optional<std::int64_t> version, const Actor& actor,
                          const char* action, const Change& change) {
  Video video = database_.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.lock(id);
    const Video before = videos.get(id);
    requireEdits(before, version);
    Video wanted = before;
    Edits edits = parse(before.edits);
    change(wanted, edits);
    wanted.edits = dump(edits);
    if (wanted.edits == before.edits && wanted.captions == before.captions &&
        wanted.logo == before.logo)
      return before;
    // The times of clips of before mean nothing in the new ones.
    if (wanted.poster.kind == PosterWish::Kind::time) wanted.poster = {};
    Video after = videos.edit(wanted, clock_.now());
    makeAnew(tx, after);
    audit_.record(
        tx, actor, action, "video", id.value,
        {{"edit_version", after.editVersion}, {"edits", nlohmann::json::parse(after.edits)}});
    return videos.get(id);
  });
  bell_.ring();
  return video;
}

void EditService::makeAnew(db::Transaction& tx, const Video& video) {
  if (video.source.empty()) return;  // its probe will plan the clips
  const TimePoint now = clock_.now();
  const auto profiles = wantedProfiles(profiles_, ClipRepository(tx).ofVideo(video.id));
  cancelWork(tx, video.id, now);
  addPictures(tx, video.id, now);
  addClips(tx, video, profiles, now);
  updateState(tx, video.id, now);
}

// The text that is there must be of the format that is named.
void EditService::requireCaptionsOf(VideoId id, const std::string& format) const {
  const Video video = load(id);
  if (video.captions)
    transcoder::parseCaptions(contentOf(store_.open(video.captions.sha256)), format);
}

Video EditService::load(VideoId id) const {
  return database_.read(
      [&](db::Connection& connection) { return VideoRepository(connection).get(id); });
}

// Checked before bytes are stored, so that a refused request leaves none.
FileRef EditService::receiveImage(VideoId id, ByteSource& image, ByteSize limit,
                                  const Check& check) {
  ImageSource checked(image);
  media::Incoming incoming = store_.receive(checked, limit);
  check(load(id));
  const media::StoredFile stored = store_.keep(std::move(incoming));
  return {stored.sha256, stored.size};
}

}  // namespace clipcourier::videos
