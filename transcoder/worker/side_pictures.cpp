#include "transcoder/worker/side_pictures.h"

#include <algorithm>
#include <future>

#include "transcoder/worker/animation_proof.h"
#include "transcoder/worker/picture_file.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::int64_t kPreviewMs = 3'000;
constexpr int kPreviewFps = 10;
// Enough for the seconds an animation shows; a storyboard of a long video is made of key pictures
// rather than decoding it as a whole.
constexpr std::int64_t kBudget = 4'000'000'000;
constexpr int kGrabbedLongSide = 640;

AnimationLimits previewLimits() {
  AnimationLimits limits;
  limits.longSide = kThumbnailLongSide;
  limits.quality = 55;
  limits.target = {kPreviewLimitBytes};
  return limits;
}

// The picture at a time, or the key picture before it when the way is longer than its share of the
// budget; none when that one was answered already.
std::optional<FrameGrabber::Picture> nearby(FrameGrabber& grabber, std::int64_t us,
                                            std::int64_t sharers) {
  const std::int64_t share = grabber.framesLeft() / sharers;
  if (grabber.framesTo(us) <= std::max<std::int64_t>(share, 3)) return grabber.at(us);
  const auto key = grabber.keyBefore(us);
  if (!key || (grabber.positionUs() && *grabber.positionUs() >= *key)) return std::nullopt;
  return grabber.at(*key);
}

// The times of the candidates, the best first.
std::vector<std::int64_t> momentsOf(const Posters& posters) {
  std::vector<Candidate> candidates = posters.candidates;
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  std::vector<std::int64_t> times;
  for (const Candidate& candidate : candidates) times.push_back(candidate.timeMs);
  return times;
}

}  // namespace

SidePictures::SidePictures(const Work& work, const Posters& posters, Fraction rate,
                           std::int64_t slots, Size picture)
    : work_(work), rate_(rate) {
  const std::vector<std::int64_t> moments = momentsOf(posters);
  if (work.pictures.storyboard >= 0) storyboard_.emplace(rate, slots, picture);
  if (work.pictures.preview >= 0)
    preview_.emplace(excerptOf(rate, slots, kPreviewMs, kPreviewFps, moments), previewLimits(),
                     picture);
  for (const Rendition& each : work.renditions) {
    const Profile& profile = each.profile;
    if (!isAnimation(profile)) continue;
    animations_.push_back(
        {&each,
         {excerptOf(rate, slots, profile.excerptSeconds * 1'000LL, profile.video.maxFps, moments),
          limitsOf(profile), picture}});
  }
}

void SidePictures::consider(const AVFrame& picture, std::int64_t slot, std::int64_t count) {
  if (storyboard_) storyboard_->consider(picture, slot, count);
  if (preview_) preview_->consider(picture, slot, count);
  for (Animated& each : animations_) each.maker.consider(picture, slot, count);
}

std::vector<std::int64_t> SidePictures::wanted() const {
  std::vector<std::int64_t> slots;
  const auto add = [&](const std::vector<std::int64_t>& more) {
    slots.insert(slots.end(), more.begin(), more.end());
  };
  if (storyboard_) add(storyboard_->wanted());
  if (preview_) add(preview_->wanted());
  for (const Animated& each : animations_) add(each.maker.wanted());
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

void SidePictures::grab(const PosterScene& scene) {
  FrameGrabber grabber(scene.sourceFd, scene.source, kBudget);
  ScenePictures pictures(scene, grabber.container(), kGrabbedLongSide);
  const std::vector<std::int64_t> slots = wanted();
  Frame last;
  std::int64_t lastUs = INT64_MIN;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::int64_t us =
        scene.stretch.startUs + av_rescale(slots[i], 1'000'000LL * rate_.den, rate_.num);
    const auto picture = nearby(grabber, us, static_cast<std::int64_t>(slots.size() - i));
    if (picture && picture->us != lastUs) {
      last = pictures.make(*picture);
      lastUs = picture->us;
    }
    if (last) consider(*last, slots[i]);
  }
}

Report SidePictures::finish(const Animated& animated, const Source& source) const {
  const Animation animation = animated.maker.make();
  const int fd = animated.rendition->clip;
  writePicture(fd, animation.bytes, animation.size.width, animation.size.height, 0);
  Report report;
  report.source = source.probe;
  report.edits = work_.edits;
  proveAnimation(fd, animated.rendition->profile, animation, report);
  return report;
}

std::vector<Report> SidePictures::finishAnimations(const Source& source) const {
  std::vector<std::future<Report>> making;
  for (const Animated& each : animations_) {
    if (each.maker.empty()) refuse::noPictures();
    making.push_back(std::async(std::launch::async, [&] { return finish(each, source); }));
  }
  std::vector<Report> reports;
  for (auto& each : making) reports.push_back(each.get());
  return reports;
}

Extras SidePictures::finishExtras() const {
  Extras extras;
  if (storyboard_ && !storyboard_->empty()) {
    const Still sheet = storyboard_->sheet();
    extras.storyboard =
        writePicture(work_.pictures.storyboard, sheet.bytes, sheet.width, sheet.height, 0);
    extras.storyboardVtt = storyboard_->webvtt("storyboard.jpg");
  }
  if (preview_ && !preview_->empty()) {
    const Animation preview = preview_->make();
    extras.preview = writePicture(work_.pictures.preview, preview.bytes, preview.size.width,
                                  preview.size.height, 0);
  }
  return extras;
}

}  // namespace clipcourier::transcoder
