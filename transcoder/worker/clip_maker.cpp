#include "transcoder/worker/clip_maker.h"

#include <algorithm>
#include <memory>

#include "transcoder/worker/decoder.h"
#include "transcoder/worker/deinterlacer.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/frame_rate.h"
#include "transcoder/worker/lane.h"
#include "transcoder/worker/late_start.h"
#include "transcoder/worker/picture_maker.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/sound_line.h"

namespace clipcourier::transcoder {
namespace {

int decoderThreads(const Probe::Video& video, const Stages* stages) {
  if (stages) return 1;  // so that its time can be seen
  // Each thread holds pictures of its own; at 8K two are a gigabyte.
  return static_cast<std::int64_t>(video.storedWidth) * video.storedHeight > 9'000'000 ? 2 : 3;
}

std::int64_t pixelsOf(const Plan& plan) {
  return static_cast<std::int64_t>(plan.width) * plan.height;
}

const Plan& largest(const std::vector<ClipWish>& wishes) {
  const ClipWish* best = &wishes.front();
  for (const ClipWish& each : wishes)
    if (pixelsOf(each.plan) > pixelsOf(best->plan)) best = &each;
  return best->plan;
}

// Renditions that show the same pictures: a chain from the largest lane to the smallest.
struct Group {
  Group(const ClipWish& wish)
      : rate(wish.plan.frameRate),
        startUs(wish.startUs),
        slots(wish.plan.slots),
        frames(rate, startUs, slots) {}
  bool fits(const ClipWish& wish) const {
    return wish.plan.frameRate == rate && wish.startUs == startUs && wish.plan.slots == slots;
  }
  std::int64_t timeOf(std::int64_t slot) const {
    return av_rescale(slot, 1'000'000LL * rate.den, rate.num);
  }
  std::int64_t slotAfter(std::int64_t us) const {  // the first that begins at `us` or later
    return us >= timeOf(slots) ? slots
                               : av_rescale_rnd(us, rate.num, 1'000'000LL * rate.den, AV_ROUND_UP);
  }

  Fraction rate;
  std::int64_t startUs, slots;
  FrameRate frames;
  std::int64_t nextSlot = 0;
  std::vector<std::size_t> wishes;
  Lane* first = nullptr;  // the largest
};

// The calling thread's part: from the file to pictures of the largest size.
class ClipMaker {
 public:
  ClipMaker(const ClipRun& run, const std::vector<ClipWish>& wishes)
      : run_(run),
        wishes_(wishes),
        demuxer_(run.sourceFd),
        decoder_(demuxer_.video(), decoderThreads(run.source.probe.video, run.stages)),
        clock_(demuxer_.video().time_base, run.source.scan.rate.perSecond),
        pictures_(*demuxer_.video().codecpar, run.source.orientation, largest(wishes).width,
                  largest(wishes).height, run.background, run.fit) {
    openSound();
    openLanes();
  }

  ~ClipMaker() { stop(); }  // all of them first: each may still hand pictures to another
  ClipMaker(const ClipMaker&) = delete;
  ClipMaker& operator=(const ClipMaker&) = delete;

  std::vector<Made> run() {
    try {
      readAll();
      for (const auto& lane : lanes_) lane->join();
    } catch (const Abandoned&) {  // a lane's own error says more
      stop();
    }
    return collect();
  }

 private:
  void stop() {
    for (const auto& lane : lanes_) lane->abandon();
    for (const auto& lane : lanes_) lane->join();
  }

  void openSound() {
    const bool wanted = std::any_of(wishes_.begin(), wishes_.end(),
                                    [](const ClipWish& each) { return each.plan.audioKbps > 0; });
    if (!wanted || !demuxer_.audio()) return;
    sound_.emplace(*demuxer_.audio(), wishes_, [this](std::size_t wish, Packet packet) {
      lanes_[wish]->sound(std::move(packet));
    });
  }

  void openLanes() {
    for (std::size_t i = 0; i < wishes_.size(); ++i) {
      const ClipWish& wish = wishes_[i];
      lanes_.push_back(std::make_unique<Lane>(LaneSettings{
          wish.profile, wish.plan, wish.fd, sound_ ? sound_->track(i) : nullptr, run_.stages}));
      groupFor(wish).wishes.push_back(i);
    }
    for (const auto& group : groups_) chain(*group);
    try {
      for (const auto& lane : lanes_) lane->start();
    } catch (...) {  // no thread is to be had; those that run may still speak to each other
      stop();
      throw;
    }
  }

  Group& groupFor(const ClipWish& wish) {
    for (const auto& each : groups_)
      if (each->fits(wish)) return *each;
    return *groups_.emplace_back(std::make_unique<Group>(wish));
  }

  void chain(Group& group) {
    std::vector<std::size_t> order = group.wishes;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return pixelsOf(wishes_[a].plan) > pixelsOf(wishes_[b].plan);
    });
    group.first = lanes_[order[0]].get();
    for (std::size_t i = 1; i < order.size(); ++i) lanes_[order[i - 1]]->feeds(*lanes_[order[i]]);
  }

  // What lies long before the clips is not decoded.
  void skipAhead() {
    startUs_ = INT64_MAX;
    for (const ClipWish& each : wishes_) startUs_ = std::min(startUs_, each.startUs);
    const auto late = lateStart(run_.sourceFd, run_.source, startUs_, sound_.has_value());
    if (late && demuxer_.seek(late->seekUs)) keyUs_ = late->keyUs;
  }

  // After a seek everything up to the key picture is left away.
  bool beforeKey(const AVPacket& packet) {
    if (!keyUs_ || reachedKey_) return false;
    const AVRational base = demuxer_.video().time_base;
    reachedKey_ = (packet.flags & AV_PKT_FLAG_KEY) && packet.pts != AV_NOPTS_VALUE &&
                  av_rescale_q(packet.pts, base, AV_TIME_BASE_Q) >= *keyUs_ - kSameUs;
    return !reachedKey_;
  }

  void readAll() {
    skipAhead();
    while (Packet packet = demuxer_.next()) {
      if (picturesFull() && (!sound_ || sound_->full())) break;
      if (demuxer_.isVideo(*packet)) {
        feedVideo(*packet);
      } else if (sound_) {
        StageTimer timer(run_.stages, "audio");
        sound_->feed(*packet);
      }
    }
    drainVideo();
    if (sound_) {
      StageTimer timer(run_.stages, "audio");
      sound_->drain();
    }
    for (const auto& group : groups_) group->first->finish();  // it finishes those after it
  }

  bool picturesFull() const {
    return std::all_of(groups_.begin(), groups_.end(),
                       [](const auto& each) { return each->frames.full(); });
  }

  void feedVideo(const AVPacket& packet) {
    if (beforeKey(packet)) return;
    const int before = decoder_.errors();
    std::vector<Frame> frames;
    {
      StageTimer timer(run_.stages, "decode");
      decoder_.feed(packet, [&](Frame frame) { frames.push_back(std::move(frame)); });
    }
    for (Frame& each : frames) takeFrame(std::move(each));
    noteDamage(before);
  }

  void takeFrame(Frame frame) {
    const std::int64_t us = clock_.timeOf(*frame);
    if (keyUs_ && us < *keyUs_ - kSameUs) return;  // it leans on what was left away
    made_.pictureEndUs = std::max(made_.pictureEndUs, us + shownFor(*frame));
    frame->pts = us;
    if (picturesFull()) return;
    if (!deinterlacer_ && isInterlaced(*frame)) {
      deinterlacer_.emplace();  // films mix both; from here on it tells them apart
      made_.deinterlaced = true;
    }
    if (!deinterlacer_) return toSlots(std::move(frame));
    deinterlacer_->feed(std::move(frame), [&](Frame whole) { toSlots(std::move(whole)); });
  }

  // Screen recordings show a picture as long as nothing moves; a damaged duration is not believed.
  std::int64_t shownFor(const AVFrame& frame) const {
    const AVRational base = demuxer_.video().time_base;
    const std::int64_t us = av_rescale_q(frameDuration(frame), base, AV_TIME_BASE_Q);
    const auto step = static_cast<std::int64_t>(1e6 / run_.source.scan.rate.perSecond.value());
    return us > 0 && us < 10'000'000 ? us : step;
  }

  void toSlots(Frame frame) {
    for (const auto& group : groups_)
      group->frames.feed(
          share(*frame), frame->pts,
          [&](const AVFrame& picture, std::int64_t slots) { send(*group, picture, slots); });
  }

  // One conversion however often the picture is shown, one drawing as long as it stays the same.
  void send(Group& group, const AVFrame& picture, std::int64_t slots) {
    const std::int64_t end = group.nextSlot + slots;
    while (group.nextSlot < end) {
      const std::int64_t us = group.timeOf(group.nextSlot);
      const std::int64_t until =
          run_.painter
              ? std::clamp(group.slotAfter(run_.painter->sameUntil(us)), group.nextSlot + 1, end)
              : end;
      const Frame finished = painted(converted(picture), us);
      if (&group == groups_[0].get() && run_.onPicture)
        run_.onPicture(*finished, group.nextSlot, until - group.nextSlot);
      for (; group.nextSlot < until; ++group.nextSlot) {
        Frame own = share(*finished);
        own->pts = group.nextSlot;
        group.first->picture(std::move(own));
      }
    }
    if (&group == groups_[0].get() && run_.onShare)
      run_.onShare(static_cast<double>(group.nextSlot) / static_cast<double>(group.slots));
  }

  // Groups ask for the same pictures at nearly the same time, so the last one is enough to keep.
  const AVFrame& converted(const AVFrame& picture) {
    if (!last_ || lastUs_ != picture.pts) {
      StageTimer timer(run_.stages, "scale");
      last_ = pictures_.make(picture, pixelAspect(demuxer_.video(), picture));
      lastUs_ = picture.pts;
    }
    return *last_;
  }

  Frame painted(const AVFrame& picture, std::int64_t us) {
    Frame own = share(picture);
    if (!run_.painter) return own;
    StageTimer timer(run_.stages, "paint");
    check(av_frame_make_writable(own.get()), "picture");
    run_.painter->paint(*own, us);
    return own;
  }

  void noteDamage(int errorsBefore) {
    if (decoder_.errors() == errorsBefore) return;
    if (keyUs_ && made_.pictureEndUs <= startUs_) return;  // nobody sees it
    if (made_.firstDamageUs < 0) made_.firstDamageUs = made_.pictureEndUs;
    made_.damagedPictures += decoder_.errors() - errorsBefore;
  }

  void drainVideo() {
    const int before = decoder_.errors();
    decoder_.drain([&](Frame frame) { takeFrame(std::move(frame)); });
    noteDamage(before);
    if (deinterlacer_) deinterlacer_->drain([&](Frame frame) { toSlots(std::move(frame)); });
    for (const auto& group : groups_) {
      group->frames.drain(lastSlot(*group), [&](const AVFrame& picture, std::int64_t slots) {
        send(*group, picture, slots);
      });
      if (group->nextSlot == 0) refuse::noPictures();
    }
  }

  // With sound the last picture stands until the sound ends; without, a tail that does not decode
  // is left away but for a second.
  std::int64_t lastSlot(const Group& group) const {
    if (sound_) return group.slots;
    return std::min(group.slots, group.frames.slotOf(made_.pictureEndUs + 1'000'000));
  }

  std::vector<Made> collect() {
    std::exception_ptr error;
    for (const auto& lane : lanes_) takeError(error, lane->error());
    if (error) std::rethrow_exception(error);
    made_.audioLost = sound_ && sound_->lost();
    std::vector<Made> all(wishes_.size(), made_);
    for (const auto& group : groups_)
      for (const std::size_t i : group->wishes) describe(all[i], *group, i);
    return all;
  }

  // The first that is no mere consequence of another's.
  static void takeError(std::exception_ptr& error, const std::exception_ptr& next) {
    if (error || !next) return;
    try {
      std::rethrow_exception(next);
    } catch (const Abandoned&) {
    } catch (...) {
      error = next;
    }
  }

  void describe(Made& made, const Group& group, std::size_t wish) const {
    made.slots = group.nextSlot;
    made.droppedFrames = group.frames.dropped();
    made.repeatedFrames = group.frames.repeated();
    made.quality = lanes_[wish]->quality();
    made.starved = lanes_[wish]->starved();
    made.bytes = DescriptorFile(wishes_[wish].fd).size();
  }

  const ClipRun& run_;
  const std::vector<ClipWish>& wishes_;
  Demuxer demuxer_;
  Decoder decoder_;
  FrameClock clock_;
  std::optional<Deinterlacer> deinterlacer_;
  PictureMaker pictures_;
  std::optional<SoundLine> sound_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // by wish
  Frame last_;
  std::int64_t lastUs_ = 0;
  std::int64_t startUs_ = 0;           // of the clip that begins first
  std::optional<std::int64_t> keyUs_;  // where reading began, after a seek
  bool reachedKey_ = false;
  Made made_;  // what is the same for all
};

}  // namespace

std::vector<Made> makeClips(const ClipRun& run, const std::vector<ClipWish>& wishes) {
  if (wishes.empty()) return {};
  return ClipMaker(run, wishes).run();
}

}  // namespace clipcourier::transcoder
