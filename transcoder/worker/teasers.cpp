#include "transcoder/worker/teasers.h"

#include <algorithm>
#include <future>

#include "transcoder/worker/animation.h"
#include "transcoder/worker/animation_proof.h"
#include "transcoder/worker/picture_file.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/slot_grabber.h"

namespace clipcourier::transcoder {
namespace {

Report makeTeaser(const Rendition& rendition, const PosterScene& scene, const Posters& posters) {
  const Profile& profile = rendition.profile;
  const Fraction rate = scene.source.scan.rate.perSecond;
  const std::int64_t slots = std::max<std::int64_t>(
      1, av_rescale(scene.stretch.endUs - scene.stretch.startUs, rate.num, 1'000'000LL * rate.den));
  AnimationMaker maker(excerptOf(rate, slots, profile.excerptSeconds * 1'000LL,
                                 profile.video.maxFps, bestMoments(posters)),
                       limitsOf(profile), {scene.width, scene.height});
  grabSlots(scene, rate, maker.wanted(),
            [&](const AVFrame& picture, std::int64_t slot) { maker.consider(picture, slot); });
  if (maker.empty()) refuse::noPictures();
  const Animation animation = maker.make();
  writePicture(rendition.clip, animation.bytes, animation.size.width, animation.size.height, 0);
  Report report;
  proveAnimation(rendition.clip, profile, animation, report);
  return report;
}

}  // namespace

std::vector<Report> makeTeasers(const Work& work, const PosterScene& scene,
                                const Posters& posters) {
  std::vector<std::future<Report>> making;
  for (const Rendition& each : work.renditions)
    if (isAnimation(each.profile))
      making.push_back(
          std::async(std::launch::async, [&] { return makeTeaser(each, scene, posters); }));
  std::vector<Report> reports;
  for (auto& each : making) {
    reports.push_back(each.get());
    reports.back().source = scene.source.probe;
    reports.back().edits = work.edits;
  }
  return reports;
}

}  // namespace clipcourier::transcoder
