#include "transcoder/worker/posters.h"

#include <algorithm>

#include "transcoder/worker/badge.h"
#include "transcoder/worker/jpeg.h"
#include "transcoder/worker/own_poster.h"
#include "transcoder/worker/picture_file.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/shrink.h"
#include "transcoder/worker/webp.h"

namespace clipcourier::transcoder {
namespace {

// Pixels that may be decoded before the first poster stands: about a second of one core.
constexpr std::int64_t kBudget = 400'000'000;
constexpr std::int64_t kBudgetForOne = 4'000'000'000;  // a person waits for just this one
constexpr ByteSize kBadgeLimit = 300_KB;               // messengers leave larger ones away
constexpr int kBadgeLongSide = 1200;

PictureFile write(int fd, const Still& still, std::int64_t timeMs) {
  return writePicture(fd, still.bytes, still.width, still.height, timeMs);
}

std::int64_t clipMs(const PosterScene& scene, std::int64_t us) {
  return std::max<std::int64_t>(0, us - scene.stretch.startUs) / 1000;
}

PictureMaker makerFor(const PosterScene& scene, const AVCodecParameters& container, Size size) {
  return scene.pictures(container, size.width, size.height);
}

PosterScene plainScene(const Work& work, const Source& source, const Stretch& stretch) {
  const Size size = atMost(kPosterLongSide, shownSize(source.probe, work.edits));
  return {work.inputs.source,
          source,
          stretch,
          size.width,
          size.height,
          [&](const AVCodecParameters& container, int w, int h) {
            return PictureMaker(container, source.orientation, w, h,
                                work.edits.background.value_or(0xffffff), work.edits.fit);
          }};
}

// A painter of its own for each maker of pictures: they work on several threads.
std::function<std::function<void(AVFrame&, std::int64_t)>()> drawingOf(const Edits& edits,
                                                                       const EditMaterial& material,
                                                                       const Source& source,
                                                                       const Stretch& stretch) {
  const bool captions = edits.captions.has_value();
  const std::int64_t startMs = (stretch.startUs - source.firstUs) / 1000;
  const std::int64_t durationUs = stretch.endUs - stretch.startUs;
  return [=, &material] {
    EditMaterial own{captions ? material.captions : std::vector<Caption>(), {}};
    if (material.logo) own.logo = share(*material.logo);
    auto painter = std::make_shared<EditPainter>(edits, own, startMs, durationUs);
    return [painter](AVFrame& picture, std::int64_t us) { painter->paint(picture, us); };
  };
}

}  // namespace

ScenePictures::ScenePictures(const PosterScene& scene, const AVCodecParameters& container,
                             int longSide)
    : maker_(makerFor(scene, container, atMost(longSide, {scene.width, scene.height}))),
      startUs_(scene.stretch.startUs) {
  if (scene.drawing) draw_ = scene.drawing();
}

Frame ScenePictures::make(const FrameGrabber::Picture& picture) {
  picture.frame->pts = picture.us;
  Frame made = maker_.make(*picture.frame, picture.aspect);
  if (!draw_) return made;
  check(av_frame_make_writable(made.get()), "picture");
  draw_(*made, std::max<std::int64_t>(0, picture.us - startUs_));
  return made;
}

Posters writePosters(const AVFrame& picture, std::int64_t timeMs, const PictureOutputs& files) {
  Posters result;
  if (files.poster >= 0)
    result.poster =
        write(files.poster, makeJpeg(picture, kPosterLongSide, {kPosterLimitBytes}), timeMs);
  if (files.thumbnail >= 0)
    result.thumbnail = write(files.thumbnail,
                             makeJpeg(picture, kThumbnailLongSide, {kThumbnailLimitBytes}), timeMs);
  if (files.badge >= 0)
    result.badge =
        write(files.badge, makeJpeg(*withBadge(picture), kBadgeLongSide, kBadgeLimit), timeMs);
  if (files.posterWebp >= 0)
    result.posterWebp =
        write(files.posterWebp, makeWebp(picture, kPosterLongSide, {kPosterLimitBytes}), timeMs);
  return result;
}

Posters findPosters(const PosterScene& scene, const PictureOutputs& files) {
  const Moments found =
      findMoments(scene.sourceFd, scene.source, scene.stretch, kBudget,
                  [&](const AVCodecParameters& container, int longSide) -> MakePicture {
                    auto maker = std::make_shared<ScenePictures>(scene, container, longSide);
                    return [maker](const FrameGrabber::Picture& it) { return maker->make(it); };
                  });
  Posters result = writePosters(*found.picture, clipMs(scene, found.all[found.best].us), files);
  result.chosen = static_cast<int>(found.best);
  for (std::size_t i = 0; i < found.all.size(); ++i) {
    const Moment& moment = found.all[i];
    Candidate candidate{clipMs(scene, moment.us), moment.score, {}};
    if (i < files.candidates.size())
      candidate.thumbnail = write(
          files.candidates[i], makeJpeg(*moment.small, kThumbnailLongSide, {kThumbnailLimitBytes}),
          candidate.timeMs);
    result.candidates.push_back(std::move(candidate));
  }
  return result;
}

Posters posterAt(const PosterScene& scene, std::int64_t atMs, const PictureOutputs& files) {
  FrameGrabber grabber(scene.sourceFd, scene.source, kBudgetForOne);
  const std::int64_t us =
      std::clamp(scene.stretch.startUs + std::max<std::int64_t>(atMs, 0) * 1000,
                 scene.stretch.startUs, std::max(scene.stretch.startUs, scene.stretch.endUs - 1));
  const auto picture = grabber.at(us);
  if (!picture) refuse::noPictures();
  ScenePictures large(scene, grabber.container(), kPosterLongSide);
  return writePosters(*large.make(*picture), clipMs(scene, picture->us), files);
}

PosterScene sceneOf(const Work& work, const Source& source, const Stretch& stretch,
                    const EditMaterial* material) {
  Edits logo;
  logo.logo = work.edits.logo;
  PosterScene scene = plainScene(work, source, stretch);
  if (logo.logo && material) scene.drawing = drawingOf(logo, *material, source, stretch);
  return scene;
}

PosterScene movingSceneOf(const Work& work, const Source& source, const Stretch& stretch,
                          const EditMaterial& material) {
  PosterScene scene = plainScene(work, source, stretch);
  scene.drawing = drawingOf(work.edits, material, source, stretch);
  return scene;
}

Posters makePosters(const Work& work, const PosterScene& scene) {
  const bool own = work.inputs.posterImage >= 0;
  if (!own && !work.posterAtMs) return findPosters(scene, work.pictures);
  Posters made =
      own ? writePosters(*readOwnPoster(work.inputs.posterImage, {scene.width, scene.height},
                                        work.edits.background.value_or(0xffffff)),
                         0, work.pictures)
          : posterAt(scene, *work.posterAtMs, work.pictures);
  if (work.pictures.candidates.empty()) return made;
  PictureOutputs others;
  others.candidates = work.pictures.candidates;
  made.candidates = findPosters(scene, others).candidates;
  return made;
}

}  // namespace clipcourier::transcoder
