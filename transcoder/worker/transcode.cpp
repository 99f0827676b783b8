#include "transcoder/worker/transcode.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "base/error.h"
#include "transcoder/worker/advice.h"
#include "transcoder/worker/clip_maker.h"
#include "transcoder/worker/edit_plan.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/notices.h"
#include "transcoder/worker/passthrough.h"
#include "transcoder/worker/posters.h"
#include "transcoder/worker/proof.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/side_pictures.h"
#include "transcoder/worker/teasers.h"

namespace clipcourier::transcoder {
namespace {

// Says each per cent once, and again when something else is done at the same.
class Progressing {
 public:
  explicit Progressing(const std::function<void(const Progress&)>& out) : out_(out) {}
  void at(double percent, const char* key, const Words& words) {
    const int whole = std::max(last_, std::clamp(static_cast<int>(percent), 0, 100));
    if (whole == last_ && words == words_) return;
    last_ = whole;
    words_ = words;
    if (out_) out_({last_, key, words});
  }

 private:
  const std::function<void(const Progress&)>& out_;
  int last_ = -1;
  Words words_;
};

const Words kProbing{"Das Video wird untersucht.", "Looking at the video."};
const Words kPictures{"Vorschaubilder werden erzeugt.", "Making the pictures."};
const Words kEncoding{"Der Clip wird erzeugt.", "Making the clip."};
const Words kAgain{"Der Clip wird kleiner gemacht.", "Making the clip smaller."};
const Words kChecking{"Der fertige Clip wird geprüft.", "Checking the finished clip."};
const Words kDone{"Fertig.", "Done."};

// Measured: an encoder holds its lookahead, and all of them together stay below 450 MB with the
// rest of the process. More renditions than that take a further decode.
constexpr std::int64_t kEncoderBytesPerPixel = 160;
constexpr std::int64_t kEncodersBytes = 330'000'000;
constexpr int kMaxAgain = 3;             // encodes after the first: for size, looks and bytes
constexpr int kNoFloor = 1'000;          // no rate factor is as high
constexpr double kUnseenStarving = 0.5;  // of the rate factor
constexpr std::int64_t kSoundTailUs = 300'000;

Notice passedThrough(bool sound) {
  const std::string de = "Das Video passte schon: Seine Bilder wurden Bit für Bit übernommen";
  const std::string en = "The video fitted already: its pictures were kept bit for bit";
  if (!sound) return {"repair.passed_through", {de + ".", en + "."}};
  return {"repair.passed_through",
          {de + ", sein Ton wurde neu erzeugt, damit sich nichts darin verbirgt.",
           en + ", its sound was made anew so that nothing hides in it."}};
}

// Where the clip ends in the source's time: with the picture, or with the sound when that is
// clearly longer (the last picture then stands still).
std::int64_t endOf(const Source& source, std::int64_t startUs, int maxSeconds) {
  const std::int64_t picture = std::max(source.scan.videoEndUs, startUs + 1);
  const std::int64_t sound = source.probe.audio ? source.scan.audioEndUs.value_or(0) : 0;
  return sound > picture + kSoundTailUs && sound - startUs <= maxSeconds * 1'000'000LL ? sound
                                                                                       : picture;
}

// A rendition on its way. `made` is there when its clip is.
struct Job {
  const Rendition* rendition;
  ClipWish wish;
  Made made;
};

// One source on its way to everything that is wanted of it. What is sent first is made first and
// alone, so that it comes soon; all the rest shares a second decode.
class Transcode {
 public:
  Transcode(const Work& work, const Listener& listener, Stages* stages)
      : work_(work), listener_(listener), progress_(listener.progress), stages_(stages) {}

  void run() {
    progress_.at(0, "probe", kProbing);
    {
      StageTimer timer(stages_, "examine", StageTimer::Of::process);
      source_ = examine(work_.inputs.source);
    }
    edits_ = planEdits(work_, source_);
    const PosterScene scene = sceneOf(work_, source_, stretch(), &edits_.material);
    sayPosters(scene);
    for (const Rendition& each : work_.renditions)
      if (!isAnimation(each.profile)) planOrRefuse(each);
    takeOverWhatFits();
    if (!open_.empty()) make(1);
    settleServed();
    while (!open_.empty()) make(batch());
    makeSidePictures();
    progress_.at(100, "check", kDone);
  }

 private:
  void planOrRefuse(const Rendition& rendition) try {
    const Profile& profile = rendition.profile;
    open_.push_back({&rendition, {profile, planFor(profile), rendition.clip, edits_.startUs}, {}});
  } catch (const Refused& refused) {
    sayRefused(rendition.profile, refused);
  }

  Plan planFor(const Profile& profile, Complexity complexity = std::nullopt) const {
    const std::int64_t durationUs =
        endOf(edits_.source, edits_.startUs, profile.maxSeconds) - edits_.startUs;
    Plan made = plan(profile, edits_.source.probe, durationUs, complexity);
    // Loudness was measured with the profile's channels.
    if (work_.edits.loudness) made.audioChannels = profile.audio.channels;
    return made;
  }

  void sayRefused(const Profile& profile, const Refused& refused) const {
    if (listener_.refused) listener_.refused({profile.name, refused.refusal()});
  }

  Stretch stretch() const {
    return {edits_.startUs, std::max(edits_.source.scan.videoEndUs, edits_.startUs + 1)};
  }

  // Before the first encode: a person sees something, and can choose.
  void sayPosters(const PosterScene& scene) {
    StageTimer timer(stages_, "pictures", StageTimer::Of::process);
    if (work_.pictures.anyPoster()) {
      progress_.at(1, "pictures", kPictures);
      posters_ = makePosters(work_, scene);
      if (listener_.posters) listener_.posters(posters_);
    }
    // What moving pictures show does not depend on whether posters are wanted with them.
    if (posters_.candidates.empty() && wantsMovingPictures())
      posters_ = findPosters(scene, PictureOutputs{});
  }

  bool wantsMovingPictures() const {
    return work_.pictures.preview >= 0 ||
           std::any_of(work_.renditions.begin(), work_.renditions.end(),
                       [](const Rendition& each) { return isAnimation(each.profile); });
  }

  // Storyboard and preview: from the pictures of the first encode, or else by seeking; and teasers.
  void makeSidePictures() {
    const PosterScene scene = movingSceneOf(work_, source_, stretch(), edits_.material);
    if (!side_) {
      const Fraction rate = source_.scan.rate.perSecond;
      const std::int64_t slots =
          av_rescale(scene.stretch.endUs - scene.stretch.startUs, rate.num, 1'000'000LL * rate.den);
      side_.emplace(work_, posters_, rate, std::max<std::int64_t>(slots, 1),
                    Size{scene.width, scene.height});
      if (side_->any()) side_->grab(scene);
    }
    progress_.at(percent_, "pictures", kPictures);
    StageTimer timer(stages_, "pictures", StageTimer::Of::process);
    for (const Report& report : makeTeasers(work_, scene, posters_))
      if (listener_.clip) listener_.clip(report);
    if (work_.pictures.anyExtra() && listener_.extras) listener_.extras(side_->finishExtras());
  }

  void watchOnTheWay(ClipRun& run, const Plan& plan) {
    if (side_) return;
    side_.emplace(work_, posters_, plan.frameRate, plan.slots, Size{plan.width, plan.height});
    if (!side_->any()) return;
    run.onPicture = [this](const AVFrame& picture, std::int64_t slot, std::int64_t slots) {
      StageTimer timer(stages_, "pictures");
      side_->consider(picture, slot, slots);
    };
  }

  // How many of the open jobs fit into the memory at once; at least one.
  std::size_t batch() const {
    std::int64_t bytes = 0;
    std::size_t count = 0;
    for (const Job& each : open_) {
      bytes += kEncoderBytesPerPixel * each.wish.plan.width * each.wish.plan.height;
      if (count > 0 && bytes > kEncodersBytes) break;
      ++count;
    }
    return count;
  }

  // A source that is already what a profile wants is not encoded again, unless the proof finds
  // something against it.
  void takeOverWhatFits() {
    if (!(work_.edits == Edits{})) return;
    std::erase_if(open_, [&](Job& job) {
      const auto report = tookOver(job);
      if (!report) return false;
      percent_ += 96.0 / static_cast<double>(work_.renditions.size());
      if (listener_.clip) listener_.clip(*report);
      done_.push_back(job);
      return true;
    });
  }

  std::optional<Report> tookOver(Job& job) try {
    const auto made = passThrough(work_.inputs.source, edits_.source, job.wish);
    if (!made) return std::nullopt;
    Job taken = job;
    taken.made = *made;
    taken.wish.plan.expectedCrf = taken.wish.plan.crf;
    Report report = proved(taken);
    if (!report.passed) return std::nullopt;
    report.passthrough = true;
    // What a shorter encode would gain does not matter: nothing was encoded.
    std::erase_if(report.advice, [](const Notice& each) { return each.code == "advice.trim"; });
    report.repaired.insert(report.repaired.begin(), passedThrough(report.hasAudio));
    job = taken;
    return report;
  } catch (const Error& error) {
    if (error.code() == "full" || error.code() == "output") throw;
    return std::nullopt;  // a muxer that does not like the source's packets is no reason to give up
  }

  // Makes the first `count` of the open jobs in one decode, and says those that are done. What
  // missed its bytes or its looks is encoded again, alone with others that did.
  void make(std::size_t count) {
    std::vector<Job> jobs(std::make_move_iterator(open_.begin()),
                          std::make_move_iterator(open_.begin() + static_cast<long>(count)));
    open_.erase(open_.begin(), open_.begin() + static_cast<long>(count));
    const double from = percent_, to = from + 96.0 * static_cast<double>(count) /
                                                  static_cast<double>(work_.renditions.size());
    for (int attempt = 0; !jobs.empty(); ++attempt) {
      encode(jobs, from, from + 0.9 * (to - from), attempt);
      std::vector<Job> again;
      for (Job& each : jobs)
        if (!settled(each, attempt)) again.push_back(std::move(each));
      jobs = std::move(again);
    }
    percent_ = to;
  }

  // Whether the clip was said, or refused; else it has a better plan.
  bool settled(Job& job, int attempt) {
    try {
      if (attempt < kMaxAgain && plannedAnew(job)) return false;
    } catch (const Refused& refused) {
      sayRefused(job.wish.profile, refused);
      return true;
    }
    proveAndSay(job);
    return true;
  }

  // Whether the clip has a better plan than the one it was made by: it is too large, or so much
  // harder than its estimate that it is below the profile's floor, where a smaller picture looks
  // better. Throws Refused when it is as small as can be and still below.
  bool plannedAnew(Job& job) const {
    const Profile& profile = job.wish.profile;
    const Plan& made = job.wish.plan;
    if (made.expectedCrf > profile.floor.crf) {
      Profile whatever = profile;
      whatever.floor.crf = kNoFloor;
      const Plan better = planFor(whatever, made.complexity);
      if (isSmaller(better, made)) {
        job.wish.plan = better;
        return true;
      }
      planFor(profile, made.complexity);  // refuses, with choices
    }
    if (job.made.bytes <= profile.target.bytes) return false;
    job.wish.plan = tighter(made, profile, job.made.bytes);
    return true;
  }

  static bool isSmaller(const Plan& one, const Plan& other) {
    const auto pixels = [](const Plan& plan) {
      return 1.0 * plan.width * plan.height * plan.slots;
    };
    return pixels(one) < pixels(other);
  }

  void encode(std::vector<Job>& jobs, double from, double to, int attempt) {
    std::vector<ClipWish> wishes;
    for (Job& each : jobs) {
      ClipWish& wish = each.wish;
      wish.sound = soundFor(work_, edits_, wish.profile.audio.channels, wish.plan.audioKbps).shape;
      wishes.push_back(wish);
    }
    ClipRun run{work_.inputs.source, edits_.source};
    const Plan& first = wishes[0].plan;
    painter_.emplace(
        work_.edits, edits_.material, (edits_.startUs - source_.firstUs) / 1000,
        av_rescale(first.slots, 1'000'000LL * first.frameRate.den, first.frameRate.num));
    const Painter painter{[&](std::int64_t us) { return painter_->sameUntil(us); },
                          [&](AVFrame& picture, std::int64_t us) { painter_->paint(picture, us); }};
    if (painter_->draws()) run.painter = &painter;
    run.fit = work_.edits.fit;
    run.background = work_.edits.background.value_or(wishes[0].profile.video.background);
    run.stages = stages_;
    run.onShare = [&](double part) {
      progress_.at(attempt == 0 ? from + (to - from) * part : to, "encode",
                   attempt == 0 ? kEncoding : kAgain);
    };
    watchOnTheWay(run, wishes[0].plan);
    const std::vector<Made> made = makeClips(run, wishes);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      Plan& plan = jobs[i].wish.plan;
      jobs[i].made = made[i];
      plan = encoded(plan, edits_.source.probe, made[i].bytes, plan.crf + made[i].starved);
    }
  }

  void proveAndSay(Job& job) {
    const Report report = proved(job);
    if (listener_.clip) listener_.clip(report);
    if (report.passed) done_.push_back(std::move(job));
  }

  Report proved(const Job& job) {
    progress_.at(percent_, "check", kChecking);
    const Plan& plan = job.wish.plan;
    Report report;
    report.source = source_.probe;
    report.edits = work_.edits;
    report.quality = job.made.quality;
    {
      StageTimer timer(stages_, "proof", StageTimer::Of::process);
      prove(job.wish.fd, job.wish.profile,
            {plan.width, plan.height, plan.frameRate, job.made.slots, plan.audioKbps > 0,
             plan.audioChannels, plan.audioSampleRate},
            report);
    }
    addNotices(edits_.source, plan, job.made, report);
    if (painter_)  // nothing was edited without
      addEdits(edits_, *painter_, job.wish.fd, job.wish.profile.audio.channels, plan.audioKbps,
               report);
    report.advice = adviceFor(job.wish.profile, edits_.source.probe, plan, report.quality,
                              edits_.source.startsDark);
    return report;
  }

  // A clip that was made for sending is shown on the watch page too, where it has all there is to
  // see, its bytes sufficed, and it is not larger than a slow connection asked for.
  void settleServed() {
    std::erase_if(open_, [&](const Job& job) {
      if (job.wish.profile.purpose != "watch") return false;
      for (const Job& other : done_)
        if (serves(other, job)) {
          if (listener_.served) listener_.served({job.wish.profile.name, other.wish.profile.name});
          return true;
        }
      return false;
    });
  }

  static bool serves(const Job& made, const Job& wanted) {
    const Plan& is = made.wish.plan;
    const Plan& should = wanted.wish.plan;
    const auto nearlyAs = [](int one, int other) { return one * 100 >= other * 98; };
    return nearlyAs(is.width, should.width) && nearlyAs(is.height, should.height) &&
           nearlyAs(should.width, is.width) && nearlyAs(should.height, is.height) &&
           is.frameRate.value() * 1.02 >= should.frameRate.value() && is.slots > 0 &&
           is.expectedCrf < made.wish.profile.video.crf + kUnseenStarving &&
           is.audioKbps * 4 >= should.audioKbps * 3;
  }

  const Work& work_;
  const Listener& listener_;
  Progressing progress_;
  Stages* stages_;
  Source source_;
  EditPlan edits_;
  std::optional<EditPainter> painter_;
  Posters posters_;
  std::vector<Job> open_, done_;  // done: with a passing report
  std::optional<SidePictures> side_;
  double percent_ = 3;
};

}  // namespace

Probe probeSource(int sourceFd) { return examine(sourceFd).probe; }

void transcodeSource(const Work& work, const Listener& listener, Stages* stages) {
  Transcode(work, listener, stages).run();
}

}  // namespace clipcourier::transcoder
