#include "videos/transcode_run.h"

#include <unistd.h>

#include <cerrno>
#include <deque>
#include <nlohmann/json.hpp>

#include "videos/clip_repository.h"
#include "videos/picture_repository.h"
#include "videos/transcoder_errors.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

constexpr ByteSize kPictureLimit = 8_MB;  // far above what the transcoder allows itself

// What a worker has written, from its beginning, whatever the descriptor's position.
class WrittenFile : public ByteSource {
 public:
  explicit WrittenFile(int fd) : fd_(fd) {}

  std::size_t read(char* to, std::size_t size) override {
    for (;;) {
      const ssize_t count = ::pread(fd_, to, size, at_);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0)
        throw Error(ErrorKind::unavailable, "cannot read what the transcoder wrote",
                    "Check the disk of the media store.", "media.unavailable");
      at_ += count;
      return static_cast<std::size_t>(count);
    }
  }

 private:
  int fd_;
  off_t at_ = 0;
};

[[noreturn]] void editedMeanwhile() {
  throw Error(ErrorKind::conflict, "the video was edited or removed meanwhile",
              "Nothing to do: what is wanted now is made by another job.", "video.edited");
}

}  // namespace

// Everything the worker reads and writes; what it wrote vanishes with this, stored or not.
struct TranscodeRun::Files {
  std::vector<media::OpenFile> inputs;
  std::deque<media::TempFile> outputs;
  std::map<std::string, int> clips;  // by profile
  transcoder::PictureOutputs pictures;

  int output(media::MediaStore& store) {
    outputs.push_back(store.createTemp());
    return outputs.back().fd();
  }
};

TranscodeRun::TranscodeRun(const Parts& parts, jobs::JobContext& context, Missing missing)
    : parts_(parts),
      context_(context),
      missing_(std::move(missing)),
      files_(std::make_unique<Files>()) {
  for (const Clip& clip : missing_.clips) clips_.emplace(clip.profile, clip);
}

TranscodeRun::~TranscodeRun() = default;

void TranscodeRun::go() {
  const transcoder::Work wanted = work();
  if (wanted.renditions.empty() && !wanted.pictures.anyPoster() && !wanted.pictures.anyExtra())
    return;
  parts_.transcoder.transcode(wanted, listener(), [&] { return context_.cancelled(); });
}

transcoder::Work TranscodeRun::work() {
  const Video& video = missing_.video;
  const auto input = [&](const FileRef& file) {
    if (!file) return -1;
    files_->inputs.push_back(parts_.store.open(file.sha256));
    return files_->inputs.back().fd.get();
  };
  transcoder::Work work;
  work.edits = nlohmann::json::parse(video.edits).get<transcoder::Edits>();
  work.inputs.source = input({video.originalSha256, video.originalSize});
  if (work.edits.captions) work.inputs.captions = input(video.captions);
  if (work.edits.logo) work.inputs.logo = input(video.logo);
  for (const Clip& clip : missing_.clips) addRendition(work, clip);
  if (missing_.posters) {
    if (video.poster.kind == PosterWish::Kind::own)
      work.inputs.posterImage = input(video.poster.image);
    if (video.poster.kind == PosterWish::Kind::time) work.posterAtMs = video.poster.atMs;
    for (int* file : {&files_->pictures.poster, &files_->pictures.posterWebp,
                      &files_->pictures.thumbnail, &files_->pictures.badge})
      *file = files_->output(parts_.store);
  }
  if (missing_.candidates)
    for (int i = 0; i < transcoder::kMaxCandidates; ++i)
      files_->pictures.candidates.push_back(files_->output(parts_.store));
  if (missing_.extras) {
    files_->pictures.storyboard = files_->output(parts_.store);
    files_->pictures.preview = files_->output(parts_.store);
  }
  work.pictures = files_->pictures;
  return work;
}

// A profile that was taken away fails its clip and no other.
void TranscodeRun::addRendition(transcoder::Work& work, const Clip& clip) {
  const transcoder::Profile* profile = parts_.profiles.find(clip.profile);
  if (!profile) return fail(clip, "clip.profile_unknown", {});
  const int file = files_->output(parts_.store);
  files_->clips[clip.profile] = file;
  work.renditions.push_back({*profile, file});
}

transcoder::Listener TranscodeRun::listener() {
  transcoder::Listener listener;
  listener.progress = [this](const transcoder::Progress& progress) {
    context_.progress(progress.percent, toWords(progress.words));
  };
  listener.posters = [this](const transcoder::Posters& posters) { keep(posters); };
  listener.clip = [this](const transcoder::Report& report) { keep(report); };
  listener.refused = [this](const transcoder::RenditionRefused& refused) { refuse(refused); };
  listener.served = [this](const transcoder::RenditionServed& served) { serve(served); };
  listener.extras = [this](const transcoder::Extras& extras) { keep(extras); };
  return listener;
}

void TranscodeRun::keep(const transcoder::Posters& posters) {
  const transcoder::PictureOutputs& files = files_->pictures;
  std::vector<VideoPicture> made;
  if (files.poster >= 0) {
    if (posters.poster.bytes <= 0)
      throw Error(ErrorKind::internal, "the transcoder made no poster", "", "transcoder.protocol");
    made.push_back(picture(PictureKind::poster, files.poster, posters.poster));
    made.push_back(picture(PictureKind::posterWebp, files.posterWebp, posters.posterWebp));
    made.push_back(picture(PictureKind::thumbnail, files.thumbnail, posters.thumbnail));
    made.push_back(picture(PictureKind::badge, files.badge, posters.badge));
  }
  for (std::size_t i = 0; i < std::min(posters.candidates.size(), files.candidates.size()); ++i) {
    const transcoder::Candidate& candidate = posters.candidates[i];
    VideoPicture one = picture(PictureKind::candidate, files.candidates[i], candidate.thumbnail);
    one.number = static_cast<int>(i);
    one.timeMs = candidate.timeMs;
    one.score = candidate.score;
    made.push_back(std::move(one));
  }
  commit([&](db::Transaction& tx) {
    for (const VideoPicture& one : made)
      if (one.file) PictureRepository(tx).add(one);
    updateState(tx, missing_.video.id, parts_.clock.now());
  });
}

void TranscodeRun::keep(const transcoder::Extras& extras) {
  VideoPicture storyboard =
      picture(PictureKind::storyboard, files_->pictures.storyboard, extras.storyboard);
  storyboard.vtt = extras.storyboardVtt;
  VideoPicture preview = picture(PictureKind::preview, files_->pictures.preview, extras.preview);
  commit([&](db::Transaction& tx) {
    for (const VideoPicture& one : {storyboard, preview})
      if (one.file) PictureRepository(tx).add(one);
  });
}

void TranscodeRun::keep(const transcoder::Report& report) {
  Clip& clip = clipOf(report.profile);
  const transcoder::Profile& profile = parts_.profiles.get(report.profile);
  clip.report = transcoder::canonicalBytes(report);
  if (!report.passed) return fail(clip, "clip.not_conforming", clip.report);
  const FileRef file = store(files_->clips.at(report.profile), report.sha256, profile.limit);
  if (file.size.bytes != report.bytes)
    throw Error(ErrorKind::internal, "the transcoder's report gives another size than it wrote", "",
                "transcoder.protocol");
  clip.sha256 = file.sha256;
  clip.size = file.size;
  clip.width = report.width;
  clip.height = report.height;
  clip.duration = Millis(report.durationMs);
  clip.format = profile.format;
  clip.reportMac = parts_.proof.mac(clip.sha256, clip.report);
  commit([&](db::Transaction& tx) {
    if (!ClipRepository(tx).makeReady(clip, parts_.clock.now())) editedMeanwhile();
    updateState(tx, clip.videoId, parts_.clock.now());
  });
}

void TranscodeRun::refuse(const transcoder::RenditionRefused& refused) {
  const Clip& clip = clipOf(refused.profile);
  commit([&](db::Transaction& tx) {
    if (!ClipRepository(tx).refuse(clip.id, toFailure(refused.refusal))) editedMeanwhile();
    updateState(tx, clip.videoId, parts_.clock.now());
  });
}

void TranscodeRun::serve(const transcoder::RenditionServed& served) {
  const Clip& clip = clipOf(served.profile);
  commit([&](db::Transaction& tx) {
    if (!ClipRepository(tx).serve(clip, served.by)) editedMeanwhile();
    updateState(tx, clip.videoId, parts_.clock.now());
  });
}

void TranscodeRun::fail(const Clip& clip, const std::string& code, const std::string& report) {
  commit([&](db::Transaction& tx) {
    if (!ClipRepository(tx).fail(clip.id, failureFor(code), report)) editedMeanwhile();
    updateState(tx, clip.videoId, parts_.clock.now());
  });
}

Clip& TranscodeRun::clipOf(const std::string& profile) {
  const auto found = clips_.find(profile);
  if (found == clips_.end())
    throw Error(ErrorKind::internal, "the transcoder speaks of a rendition nobody asked for", "",
                "transcoder.protocol");
  return found->second;
}

// Copies, because the worker that wrote the file still lives and could change it; and the worker is
// not believed about hashes: its report must speak of the bytes that are there.
FileRef TranscodeRun::store(int file, const std::string& reportedSha256, ByteSize limit) {
  WrittenFile source(file);
  media::Incoming incoming = parts_.store.receive(source, limit);
  if (incoming.sha256 != reportedSha256)
    throw Error(ErrorKind::internal, "the transcoder's report speaks of other bytes than it wrote",
                "", "transcoder.protocol");
  const media::StoredFile stored = parts_.store.keep(std::move(incoming));
  return {stored.sha256, stored.size};
}

// Without a file when the worker made none.
VideoPicture TranscodeRun::picture(PictureKind kind, int file,
                                   const transcoder::PictureFile& reported) {
  VideoPicture picture;
  picture.videoId = missing_.video.id;
  picture.editVersion = missing_.video.editVersion;
  picture.revision = missing_.video.pictureRevision;
  picture.kind = kind;
  picture.width = reported.width;
  picture.height = reported.height;
  picture.timeMs = reported.timeMs;
  if (file >= 0 && reported.bytes > 0) picture.file = store(file, reported.sha256, kPictureLimit);
  return picture;
}

void TranscodeRun::commit(const jobs::JobContext::Work& work) {
  context_.commit([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.lock(missing_.video.id);
    const auto now = videos.find(missing_.video.id);
    if (!now || now->editVersion != missing_.video.editVersion) editedMeanwhile();
    work(tx);
  });
}

}  // namespace clipcourier::videos
