#include "transcoder/worker/clip_maker.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "transcoder/worker/decoder.h"
#include "transcoder/worker/deinterlacer.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/encoder.h"
#include "transcoder/worker/frame_rate.h"
#include "transcoder/worker/muxer.h"
#include "transcoder/worker/picture_maker.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/sound_maker.h"

namespace clipcourier::transcoder {
namespace {

int decoderThreads(const Probe::Video& video) {
  // Each thread holds pictures of its own; at 8K two are a gigabyte.
  return static_cast<std::int64_t>(video.storedWidth) * video.storedHeight > 9'000'000 ? 2 : 3;
}

// The two lines of the pipeline, in the order the data flows.
class ClipMaker {
 public:
  ClipMaker(int sourceFd, const Source& source, const Profile& profile, const Plan& plan,
            std::int64_t startUs, int clipFd, const std::function<void(double)>& onShare)
      : source_(source),
        plan_(plan),
        demuxer_(sourceFd),
        decoder_(demuxer_.video(), decoderThreads(source.probe.video)),
        clock_(demuxer_.video().time_base, source.scan.rate.perSecond),
        frameRate_(plan.frameRate, startUs, plan.slots),
        pictures_(*demuxer_.video().codecpar, source.orientation, plan.width, plan.height,
                  profile.video.background),
        encoder_(Encoder::video(plan, profile)),
        onShare_(onShare) {
    if (source.probe.video.interlaced) deinterlacer_.emplace();
    if (plan.audioKbps > 0) openSound(profile, startUs);
    muxer_.emplace(clipFd, encoder_.codec(), soundEncoder_ ? &soundEncoder_->codec() : nullptr);
  }

  Made run() {
    while (Packet packet = demuxer_.next()) {
      if (frameRate_.full() && (!sound_ || sound_->full())) break;
      if (demuxer_.isVideo(*packet))
        feedVideo(*packet);
      else if (soundDecoder_)
        feedAudio(*packet);
    }
    drainVideo();
    if (soundEncoder_) drainAudio();
    muxer_->finish();
    return std::move(made_);
  }

 private:
  void openSound(const Profile& profile, std::int64_t startUs) {
    soundEncoder_ = Encoder::audio(plan_, profile);
    const int rate = profile.audio.sampleRate;
    const std::int64_t samples = av_rescale(
        plan_.slots, static_cast<std::int64_t>(rate) * plan_.frameRate.den, plan_.frameRate.num);
    sound_.emplace(rate, profile.audio.channels, startUs, samples,
                   soundEncoder_->codec().frame_size);
    soundDecoder_.emplace(*demuxer_.audio(), 1);
  }

  void feedVideo(const AVPacket& packet) {
    const int before = decoder_.errors();
    decoder_.feed(packet, [&](Frame frame) { takeFrame(std::move(frame)); });
    noteDamage(before);
  }

  void takeFrame(Frame frame) {
    const std::int64_t us = clock_.timeOf(*frame);
    made_.pictureEndUs = std::max(made_.pictureEndUs, us + shownFor(*frame));
    frame->pts = us;
    if (frameRate_.full()) return;
    if (!deinterlacer_) return toSlots(std::move(frame));
    deinterlacer_->feed(std::move(frame), [&](Frame whole) { toSlots(std::move(whole)); });
  }

  // Screen recordings show a picture as long as nothing moves; a damaged duration is not believed.
  std::int64_t shownFor(const AVFrame& frame) const {
    const AVRational base = demuxer_.video().time_base;
    const std::int64_t us = av_rescale_q(frameDuration(frame), base, AV_TIME_BASE_Q);
    const auto step = static_cast<std::int64_t>(1e6 / source_.scan.rate.perSecond.value());
    return us > 0 && us < 10'000'000 ? us : step;
  }

  void toSlots(Frame frame) {
    const std::int64_t us = frame->pts;
    frameRate_.feed(std::move(frame), us,
                    [&](const AVFrame& picture, std::int64_t slots) { encode(picture, slots); });
  }

  // One conversion however often the picture is shown.
  void encode(const AVFrame& picture, std::int64_t slots) {
    Frame made = pictures_.make(picture, pixelAspect(demuxer_.video(), picture));
    for (std::int64_t i = 0; i < slots; ++i) {
      made->pts = nextSlot_++;
      encoder_.feed(*made, [&](Packet packet) { muxer_->writeVideo(std::move(packet)); });
    }
    onShare_(static_cast<double>(nextSlot_) / static_cast<double>(plan_.slots));
  }

  void noteDamage(int errorsBefore) {
    if (decoder_.errors() == errorsBefore) return;
    if (made_.firstDamageUs < 0) made_.firstDamageUs = made_.pictureEndUs;
    made_.damagedPictures += decoder_.errors() - errorsBefore;
  }

  void drainVideo() {
    const int before = decoder_.errors();
    decoder_.drain([&](Frame frame) { takeFrame(std::move(frame)); });
    noteDamage(before);
    if (deinterlacer_) deinterlacer_->drain([&](Frame frame) { toSlots(std::move(frame)); });
    frameRate_.drain(lastSlot(),
                     [&](const AVFrame& picture, std::int64_t slots) { encode(picture, slots); });
    if (nextSlot_ == 0) refuse::noPictures();
    encoder_.drain([&](Packet packet) { muxer_->writeVideo(std::move(packet)); });
    made_.slots = nextSlot_;
    made_.droppedFrames = frameRate_.dropped();
    made_.repeatedFrames = frameRate_.repeated();
  }

  // With sound the last picture stands until the sound ends; without, a tail that does not decode
  // is left away but for a second.
  std::int64_t lastSlot() const {
    if (soundEncoder_) return plan_.slots;
    return std::min(plan_.slots, frameRate_.slotOf(made_.pictureEndUs + 1'000'000));
  }

  void feedAudio(const AVPacket& packet) {
    soundDecoder_->feed(packet, [&](Frame frame) { takeSound(std::move(frame)); });
  }

  void takeSound(Frame frame) {
    soundFound_ = true;
    const AVRational base = demuxer_.audio()->time_base;
    const std::int64_t us = frame->best_effort_timestamp != AV_NOPTS_VALUE
                                ? av_rescale_q(frame->best_effort_timestamp, base, AV_TIME_BASE_Q)
                                : nextSoundUs_;
    if (frame->sample_rate > 0)
      nextSoundUs_ = us + av_rescale(frame->nb_samples, 1'000'000, frame->sample_rate);
    if (!sound_->feed(std::move(frame), us, [&](Frame chunk) { encodeSound(*chunk); }))
      made_.audioLost = true;
  }

  void encodeSound(const AVFrame& chunk) {
    soundEncoder_->feed(chunk, [&](Packet packet) { muxer_->writeAudio(std::move(packet)); });
  }

  void drainAudio() {
    if (soundDecoder_) soundDecoder_->drain([&](Frame frame) { takeSound(std::move(frame)); });
    if (!soundFound_) made_.audioLost = true;
    sound_->drain([&](Frame chunk) { encodeSound(*chunk); });
    soundEncoder_->drain([&](Packet packet) { muxer_->writeAudio(std::move(packet)); });
  }

  const Source& source_;
  const Plan& plan_;
  Demuxer demuxer_;
  Decoder decoder_;
  FrameClock clock_;
  std::optional<Deinterlacer> deinterlacer_;
  FrameRate frameRate_;
  PictureMaker pictures_;
  Encoder encoder_;
  std::optional<Decoder> soundDecoder_;
  std::optional<SoundMaker> sound_;
  std::optional<Encoder> soundEncoder_;
  std::optional<Muxer> muxer_;
  const std::function<void(double)>& onShare_;
  Made made_;
  std::int64_t nextSlot_ = 0, nextSoundUs_ = 0;
  bool soundFound_ = false;
};

}  // namespace

Made makeClip(int sourceFd, const Source& source, const Profile& profile, const Plan& plan,
              std::int64_t startUs, int clipFd, const std::function<void(double)>& onShare) {
  Made made = ClipMaker(sourceFd, source, profile, plan, startUs, clipFd, onShare).run();
  made.bytes = DescriptorFile(clipFd).size();
  return made;
}

}  // namespace clipcourier::transcoder
