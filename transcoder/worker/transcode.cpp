#include "transcoder/worker/transcode.h"

#include <algorithm>

#include "transcoder/worker/clip_maker.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/notices.h"
#include "transcoder/worker/posters.h"
#include "transcoder/worker/proof.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/side_pictures.h"

namespace clipcourier::transcoder {
namespace {

// Says each per cent once.
class Progressing {
 public:
  explicit Progressing(const std::function<void(const Progress&)>& out) : out_(out) {}
  void at(double percent, const char* key, const Words& words) {
    const int whole = std::clamp(static_cast<int>(percent), 0, 100);
    if (whole == last_ && key == key_) return;
    last_ = std::max(last_, whole);
    key_ = key;
    if (out_) out_({last_, key, words});
  }

 private:
  const std::function<void(const Progress&)>& out_;
  int last_ = -1;
  std::string key_;
};

const Words kProbing{"Das Video wird untersucht.", "Looking at the video."};
const Words kPictures{"Vorschaubilder werden erzeugt.", "Making the pictures."};
const Words kEncoding{"Der Clip wird erzeugt.", "Making the clip."};
const Words kAgain{"Der Clip wird kleiner gemacht.", "Making the clip smaller."};
const Words kChecking{"Der fertige Clip wird geprüft.", "Checking the finished clip."};
const Words kDone{"Fertig.", "Done."};

constexpr std::int64_t kSoundTailUs = 300'000;

// Where the clip ends in the source's time: with the picture, or with the sound when that is
// clearly longer (the last picture then stands still).
std::int64_t endOf(const Source& source, std::int64_t startUs, int maxSeconds) {
  const std::int64_t picture = std::max(source.scan.videoEndUs, startUs + 1);
  const std::int64_t sound = source.probe.audio ? source.scan.audioEndUs.value_or(0) : 0;
  return sound > picture + kSoundTailUs && sound - startUs <= maxSeconds * 1'000'000LL ? sound
                                                                                       : picture;
}

// One source on its way to everything that is wanted of it.
class Transcode {
 public:
  Transcode(const Work& work, const Listener& listener)
      : work_(work), listener_(listener), progress_(listener.progress) {}

  void run() {
    progress_.at(0, "probe", kProbing);
    source_ = examine(work_.inputs.source);
    const PosterScene scene = sceneOf(work_, source_, stretch());
    sayPosters(scene);
    for (const Rendition& each : work_.renditions)
      if (!isAnimation(each.profile)) makeOrRefuse(each);
    makeSidePictures(scene);
    progress_.at(100, "check", kDone);
  }

 private:
  void makeOrRefuse(const Rendition& rendition) try {
    make(rendition);
  } catch (const Refused& refused) {
    if (refused.refusal().code != "input.too_long") throw;
    if (listener_.refused) listener_.refused({rendition.profile.name, refused.refusal()});
  }

  void make(const Rendition& rendition) {
    const Profile& profile = rendition.profile;
    const std::int64_t startUs = startFor(profile);
    const std::int64_t durationUs = endOf(source_, startUs, profile.maxSeconds) - startUs;
    if (durationUs > profile.maxSeconds * 1'000'000LL + 500'000)
      refuse::tooLong(durationUs / 1000, profile.maxSeconds);
    Plan current = plan(profile, source_.probe, durationUs);
    Made made = encode(rendition, current, startUs, kEncoding);
    for (int attempt = 0; attempt < 2 && made.bytes > profile.target.bytes; ++attempt) {
      current = tighter(current, profile, made.bytes);
      made = encode(rendition, current, startUs, kAgain);
    }
    progress_.at(share(0.9), "check", kChecking);
    Report report;
    report.source = source_.probe;
    report.edits = work_.edits;
    prove(rendition.clip, profile,
          {current.width, current.height, current.frameRate, made.slots, current.audioKbps > 0},
          report);
    addNotices(source_, current, made, startUs, report);
    ++done_;
    if (listener_.clip) listener_.clip(report);
  }

  std::int64_t startFor(const Profile& profile) const {
    if (!source_.startsDark || profile.maxLeadingBlackSeconds <= 0) return source_.firstUs;
    return firstBrightUs(work_.inputs.source, source_,
                         profile.maxLeadingBlackSeconds * 1'000'000LL);
  }

  Made encode(const Rendition& rendition, const Plan& plan, std::int64_t startUs,
              const Words& words) {
    return makeClip(work_.inputs.source, source_, rendition.profile, plan, startUs, rendition.clip,
                    [&](double part) { progress_.at(share(0.88 * part), "encode", words); });
  }

  Stretch stretch() const {
    const Profile profile = work_.renditions.empty() ? Profile() : work_.renditions.front().profile;
    const std::int64_t startUs = startFor(profile);
    return {startUs, std::max(source_.scan.videoEndUs, startUs + 1)};
  }

  // Before the first encode: a person sees something, and can choose.
  void sayPosters(const PosterScene& scene) {
    if (!work_.pictures.anyPoster()) return;
    progress_.at(1, "pictures", kPictures);
    posters_ = makePosters(work_, scene);
    if (listener_.posters) listener_.posters(posters_);
  }

  void makeSidePictures(const PosterScene& scene) {
    const Fraction rate = source_.scan.rate.perSecond;
    const std::int64_t slots =
        av_rescale(scene.stretch.endUs - scene.stretch.startUs, rate.num, 1'000'000LL * rate.den);
    SidePictures side(work_, posters_, rate, std::max<std::int64_t>(slots, 1),
                      {scene.width, scene.height});
    if (!side.any()) return;
    side.grab(scene);
    for (const Report& report : side.finishAnimations(source_))
      if (listener_.clip) listener_.clip(report);
    if (work_.pictures.anyExtra() && listener_.extras) listener_.extras(side.finishExtras());
  }

  // Per cent of the whole, when this much of the current rendition is done.
  double share(double part) const {
    return 3 + 97 * (done_ + part) /
                   static_cast<double>(std::max<std::size_t>(work_.renditions.size(), 1));
  }

  const Work& work_;
  const Listener& listener_;
  Progressing progress_;
  Source source_;
  Posters posters_;
  int done_ = 0;
};

}  // namespace

Probe probeSource(int sourceFd) { return examine(sourceFd).probe; }

void transcodeSource(const Work& work, const Listener& listener) {
  Transcode(work, listener).run();
}

}  // namespace clipcourier::transcoder
