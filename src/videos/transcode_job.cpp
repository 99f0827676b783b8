#include "videos/transcode_job.h"

#include "videos/clip_repository.h"
#include "videos/transcoder_errors.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

// What the transcoder writes into; nothing of it is stored unless it is adopted.
struct OutputFiles {
  explicit OutputFiles(media::MediaStore& store)
      : clip(store.createTemp()), poster(store.createTemp()), thumbnail(store.createTemp()) {}
  transcoder::Work workFor(int source, const transcoder::Profile& profile) const {
    transcoder::Work work;
    work.inputs.source = source;
    work.renditions = {{profile, clip.fd()}};
    work.pictures.poster = poster.fd();
    work.pictures.thumbnail = thumbnail.fd();
    return work;
  }
  media::TempFile clip, poster, thumbnail;
};

// The transcoder is not believed about hashes: its report must speak of the bytes that are there.
media::StoredFile adopt(media::MediaStore& store, media::TempFile file, ByteSize limit,
                        const std::string& reportedSha256) {
  media::StoredFile stored = store.adopt(std::move(file), limit);
  if (stored.sha256 != reportedSha256)
    throw Error(ErrorKind::internal, "the transcoder's report speaks of other bytes than it wrote",
                "", "transcoder.protocol");
  return stored;
}

void fillIn(Clip& clip, const transcoder::Report& report) {
  clip.sha256 = report.sha256;
  clip.size = {report.bytes};
  clip.width = report.width;
  clip.height = report.height;
  clip.duration = Millis(report.durationMs);
  clip.report = transcoder::canonicalBytes(report);
}

// The worker only knows that something could not be written. When the disk is full that is why, and
// waiting helps.
void tellFullDisk(const Error& error, const media::MediaStore& store) {
  constexpr ByteSize kFull = 4_MiB;
  if (repeatsItself(error.code()) && store.freeSpace() < kFull)
    throw Error(ErrorKind::outOfSpace, "the media store is full",
                "Free or add space; the conversion is tried again.", "media.full");
}

ClipId clipOf(const jobs::Lease& lease) { return {lease.subjectId}; }

}  // namespace

jobs::Handler TranscodeJob::handler(int threads) {
  return {.kind = kTranscodeJob,
          .threads = threads,
          .run = [this](jobs::JobContext& context) { run(context); },
          .gaveUp =
              [this](db::Transaction& tx, const jobs::Lease& lease, const jobs::Failure& why) {
                ClipRepository clips(tx);
                if (!clips.fail(clipOf(lease), failureFor(why.code), {})) return;
                updateState(tx, clips.find(clipOf(lease))->videoId, clock_.now());
              }};
}

void TranscodeJob::run(jobs::JobContext& context) {
  const ClipId id = clipOf(context.lease());
  std::optional<Clip> clip;
  std::optional<Video> video;
  context.commit([&](db::Transaction& tx) {
    ClipRepository clips(tx);
    clip = clips.setEncoding(id) ? clips.find(id) : std::nullopt;
    if (clip) video = VideoRepository(tx).find(clip->videoId);
  });
  if (!clip || !video) return;  // deleted meanwhile
  try {
    convert(context, *clip, *video);
  } catch (const transcoder::RefusedInput& error) {
    fail(context, *clip, toFailure(error.refusal()), {});
  } catch (const Error& error) {
    tellFullDisk(error, store_);
    rethrowWithinReason(error, context.lease().attempt);
  }
}

void TranscodeJob::convert(jobs::JobContext& context, Clip clip, const Video& video) {
  const transcoder::Profile& profile = profileOf(clip);
  const media::OpenFile original = store_.open(video.originalSha256);
  OutputFiles files(store_);
  transcoder::Report report;
  transcoder::Listener listener;
  listener.progress = [&](const transcoder::Progress& progress) {
    context.progress(progress.percent, toWords(progress.words));
  };
  listener.posters = [&](const transcoder::Posters& posters) {
    clip.poster = {posters.poster.sha256, {posters.poster.bytes}};
    clip.thumbnail = {posters.thumbnail.sha256, {posters.thumbnail.bytes}};
  };
  listener.clip = [&](const transcoder::Report& made) { report = made; };
  listener.refused = [](const transcoder::RenditionRefused& it) {
    throw transcoder::RefusedInput(it.refusal);
  };
  transcoder_.transcode(files.workFor(original.fd.get(), profile), listener,
                        [&] { return context.cancelled(); });
  fillIn(clip, report);
  if (!report.passed) return fail(context, clip, failureFor("clip.not_conforming"), clip.report);

  adopt(store_, std::move(files.poster), clip.poster.size, clip.poster.sha256);
  adopt(store_, std::move(files.thumbnail), clip.thumbnail.size, clip.thumbnail.sha256);
  adopt(store_, std::move(files.clip), profile.limit, clip.sha256);
  clip.reportMac = proof_.mac(clip.sha256, clip.report);
  context.finish([&](db::Transaction& tx) {
    if (ClipRepository(tx).makeReady(clip, clock_.now())) updateState(tx, video.id, clock_.now());
  });
}

const transcoder::Profile& TranscodeJob::profileOf(const Clip& clip) const {
  const auto found = profiles_.find(clip.profile);
  if (found == profiles_.end())
    throw Error(ErrorKind::refused, "there is no profile " + clip.profile, "",
                "clip.profile_unknown");
  return found->second;
}

void TranscodeJob::fail(jobs::JobContext& context, const Clip& clip, const Failure& failure,
                        const std::string& report) {
  context.finish([&](db::Transaction& tx) {
    if (ClipRepository(tx).fail(clip.id, failure, report))
      updateState(tx, clip.videoId, clock_.now());
  });
}

}  // namespace clipcourier::videos
