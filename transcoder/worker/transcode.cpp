#include "transcoder/worker/transcode.h"

#include <unistd.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/error.h"
#include "transcoder/worker/clip_maker.h"
#include "transcoder/worker/descriptor_io.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/jpeg.h"
#include "transcoder/worker/notices.h"
#include "transcoder/worker/proof.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr ByteSize kPosterLimit = 1_MB;

// Says each per cent once.
class Progressing {
 public:
  explicit Progressing(const OnProgress& out) : out_(out) {}
  void at(double percent, const char* key, const Words& words) {
    const int whole = std::clamp(static_cast<int>(percent), 0, 100);
    if (whole == last_ && key == key_) return;
    last_ = std::max(last_, whole);
    key_ = key;
    if (out_) out_({last_, key, words});
  }

 private:
  const OnProgress& out_;
  int last_ = -1;
  std::string key_;
};

const Words kProbing{"Das Video wird untersucht.", "Looking at the video."};
const Words kEncoding{"Der Clip wird erzeugt.", "Making the clip."};
const Words kAgain{"Der Clip wird kleiner gemacht.", "Making the clip smaller."};
const Words kPictures{"Vorschaubilder werden erzeugt.", "Making the pictures."};
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

Picture writePicture(const AVFrame& frame, int fd, int longSide, ByteSize limit,
                     std::int64_t timeMs) {
  const Jpeg jpeg = makeJpeg(frame, longSide, limit);
  DescriptorFile file(fd);
  if (ftruncate(fd, 0) != 0 || file.write(reinterpret_cast<const std::uint8_t*>(jpeg.bytes.data()),
                                          static_cast<int>(jpeg.bytes.size())) < 0)
    throw Error(ErrorKind::internal, "write a picture", {}, "output");
  return {jpeg.width, jpeg.height, jpeg.bytes.size(), crypto::hex(crypto::sha256(jpeg.bytes)),
          timeMs};
}

void makePictures(const Made& made, const Plan& plan, const Profile& profile,
                  const Outputs& outputs, Report& report) {
  const AVFrame* best = made.poster.best();
  if (!best) throw Error(ErrorKind::internal, "no picture for the poster");
  const std::int64_t timeMs =
      made.poster.bestSlot() * 1000 * plan.frameRate.den / plan.frameRate.num;
  const Profile::Pictures& wanted = profile.pictures;
  report.poster = writePicture(*best, outputs.poster, wanted.posterLongSide, kPosterLimit, timeMs);
  report.thumbnail = writePicture(*best, outputs.thumbnail, wanted.thumbnailLongSide,
                                  wanted.thumbnailLimit, timeMs);
}

}  // namespace

Probe probeSource(int sourceFd) { return examine(sourceFd).probe; }

Report transcodeSource(int sourceFd, const Profile& profile, const Outputs& outputs,
                       const OnProgress& onProgress) {
  Progressing progress(onProgress);
  progress.at(0, "probe", kProbing);
  const Source source = examine(sourceFd);
  std::int64_t startUs = source.firstUs;
  if (source.startsDark && profile.maxLeadingBlackSeconds > 0)
    startUs = firstBrightUs(sourceFd, source, profile.maxLeadingBlackSeconds * 1'000'000LL);
  const std::int64_t durationUs = endOf(source, startUs, profile.maxSeconds) - startUs;
  if (durationUs > profile.maxSeconds * 1'000'000LL + 500'000)
    refuse::tooLong(durationUs / 1000, profile.maxSeconds);

  Plan current = plan(profile, source.probe, durationUs);
  progress.at(3, "encode", kEncoding);
  Made made = makeClip(sourceFd, source, profile, current, startUs, outputs.clip,
                       [&](double share) { progress.at(3 + 85 * share, "encode", kEncoding); });
  for (int attempt = 0; attempt < 2 && made.bytes > profile.target.bytes; ++attempt) {
    current = tighter(current, profile, made.bytes);
    made = makeClip(sourceFd, source, profile, current, startUs, outputs.clip,
                    [&](double) { progress.at(88, "encode", kAgain); });
  }

  Report report;
  report.source = source.probe;
  progress.at(90, "pictures", kPictures);
  makePictures(made, current, profile, outputs, report);
  progress.at(92, "check", kChecking);
  prove(outputs.clip, profile,
        {current.width, current.height, current.frameRate, made.slots, current.audioKbps > 0},
        report);
  addNotices(source, current, made, startUs, report);
  progress.at(100, "check", kDone);
  return report;
}

}  // namespace clipcourier::transcoder
