#include "transcoder/worker/side_pictures.h"

#include <algorithm>

#include "transcoder/worker/picture_file.h"
#include "transcoder/worker/slot_grabber.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::int64_t kPreviewMs = 3'000;
constexpr int kPreviewFps = 10;

AnimationLimits previewLimits() {
  AnimationLimits limits;
  limits.longSide = kThumbnailLongSide;
  limits.quality = 55;
  limits.target = {kPreviewLimitBytes};
  return limits;
}

}  // namespace

SidePictures::SidePictures(const Work& work, const Posters& posters, Fraction rate,
                           std::int64_t slots, Size picture)
    : work_(work), rate_(rate) {
  const std::vector<std::int64_t> moments = bestMoments(posters);
  if (work.pictures.storyboard >= 0) storyboard_.emplace(rate, slots, picture);
  if (work.pictures.preview >= 0)
    preview_.emplace(excerptOf(rate, slots, kPreviewMs, kPreviewFps, moments), previewLimits(),
                     picture);
}

void SidePictures::consider(const AVFrame& picture, std::int64_t slot, std::int64_t count) {
  if (storyboard_) storyboard_->consider(picture, slot, count);
  if (preview_) preview_->consider(picture, slot, count);
}

std::vector<std::int64_t> SidePictures::wanted() const {
  std::vector<std::int64_t> slots;
  const auto add = [&](const std::vector<std::int64_t>& more) {
    slots.insert(slots.end(), more.begin(), more.end());
  };
  if (storyboard_) add(storyboard_->wanted());
  if (preview_) add(preview_->wanted());
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

void SidePictures::grab(const PosterScene& scene) {
  grabSlots(scene, rate_, wanted(),
            [&](const AVFrame& picture, std::int64_t slot) { consider(picture, slot); });
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
