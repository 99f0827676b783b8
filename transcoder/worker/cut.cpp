#include "transcoder/worker/cut.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "transcoder/worker/decoder.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/look.h"
#include "transcoder/worker/picture_maker.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/sound_survey.h"

namespace clipcourier::transcoder {
namespace {

constexpr double kSilence = 0.005;                                  // peak, -46 dBFS
constexpr std::int64_t kShortSilenceUs = 300'000;                   // not worth a cut
constexpr std::int64_t kLeadInUs = 100'000, kFadeAwayUs = 300'000;  // stay around the sound
constexpr std::int64_t kWorthSeeingUs = 1'000'000;
constexpr std::int64_t kMostSought = 10'000'000'000;  // pixels: a minute of CPU for HEVC

std::int64_t pixelsOf(const Source& source) {
  const Probe::Video& video = source.probe.video;
  return static_cast<std::int64_t>(video.storedWidth) * video.storedHeight;
}

std::string seconds(std::int64_t us, char point) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(us) / 1e6);
  for (char& c : text)
    if (c == '.') c = point;
  return text;
}

Notice notice(const char* code, const std::string& de, const std::string& en, std::int64_t us) {
  return {code,
          {de + " von " + seconds(us, ',') + " s abgeschnitten.",
           en + " of " + seconds(us, '.') + " s cut off."}};
}

// The nearest moment at which a picture begins.
std::int64_t pictureAt(const Source& source, std::int64_t shownMs) {
  const Rate& rate = source.scan.rate;
  const std::int64_t us = shownMs * 1000;
  if (!rate.constant || rate.perSecond.num <= 0) return source.firstUs + us;
  const std::int64_t number = av_rescale(us, rate.perSecond.num, 1'000'000LL * rate.perSecond.den);
  return source.firstUs + av_rescale(number, 1'000'000LL * rate.perSecond.den, rate.perSecond.num);
}

void trim(const Source& source, const Edits& edits, Cut& cut) {
  cut.startUs = source.firstUs;
  if (edits.trimStartMs == 0 && !edits.trimEndMs) return;
  cut.startUs = pictureAt(source, edits.trimStartMs);
  if (edits.trimEndMs) cut.endUs = pictureAt(source, *edits.trimEndMs);
  const std::int64_t step = std::llround(1e6 / std::max(source.scan.rate.perSecond.value(), 1.0));
  const std::string long_ = clockTime((source.scan.videoEndUs - source.firstUs) / 1000);
  if (cut.startUs + step / 2 >= source.scan.videoEndUs || cut.endUs <= cut.startUs)
    throw Refused({"edits.nothing_left",
                   {"Der gewählte Ausschnitt ist leer; das Video ist " + long_ + " Minuten lang.",
                    "The chosen excerpt is empty; the video is " + long_ + " minutes long."},
                   {"Wählen Sie Anfang und Ende innerhalb des Videos.",
                    "Choose start and end within the video."}});
  const std::int64_t endUs = std::min(cut.endUs, source.scan.videoEndUs);
  const std::string from = clockTime((cut.startUs - source.firstUs) / 1000);
  const std::string to = clockTime((endUs - source.firstUs) / 1000);
  cut.notices.push_back({"edit.trimmed",
                         {"Auf den Ausschnitt von " + from + " bis " + to + " gekürzt.",
                          "Trimmed to the excerpt from " + from + " to " + to + "."}});
}

// Time of the last key picture at or before `us`.
std::optional<std::int64_t> keyBefore(int fd, std::int64_t us) {
  Demuxer demuxer(fd);
  demuxer.dropAudio();
  std::optional<std::int64_t> key;
  while (Packet packet = demuxer.next()) {
    if (!demuxer.isVideo(*packet) || !(packet->flags & AV_PKT_FLAG_KEY)) continue;
    if (packet->pts == AV_NOPTS_VALUE) continue;
    const std::int64_t at = av_rescale_q(packet->pts, demuxer.video().time_base, AV_TIME_BASE_Q);
    if (at <= us)
      key = at;
    else if (key)
      break;
  }
  return key;
}

struct Showing {
  std::int64_t fromUs = 0;
  bool keysOnly = false;
  std::int64_t pixels = INT64_MAX;  // to be decoded at most
};

// Shows `wanted` small pictures with their times, until it answers false.
template <class Wanted>
void smallPictures(int fd, const Source& source, Showing showing, Wanted&& wanted) {
  const std::int64_t fromUs = showing.fromUs;
  const auto key = fromUs > source.firstUs ? keyBefore(fd, fromUs) : std::nullopt;
  Demuxer demuxer(fd);
  demuxer.dropAudio();
  const AVRational base = demuxer.video().time_base;
  Decoder decoder(demuxer.video(), 2);
  FrameClock clock(base, source.scan.rate.perSecond);
  std::optional<PictureMaker> maker;
  bool more = true, started = !key;
  const auto take = [&](Frame frame) {
    const std::int64_t us = clock.timeOf(*frame);
    if (!more || us < fromUs) return;
    if (!maker) {
      const int height = std::clamp(160 * frame->height / frame->width / 2 * 2, 2, 640);
      maker.emplace(*demuxer.video().codecpar, Orientation{}, 160, height, 0xffffff);
    }
    more = wanted(*maker->make(*frame, {1, 1}), us);
  };
  while (Packet packet = more && showing.pixels > 0 ? demuxer.next() : nullptr) {
    const bool isKey = packet->flags & AV_PKT_FLAG_KEY;
    if (!started && packet->pts != AV_NOPTS_VALUE)
      started = av_rescale_q(packet->pts, base, AV_TIME_BASE_Q) >= *key && isKey;
    if (!started || (showing.keysOnly && !isKey)) continue;
    decoder.feed(*packet, take);
    showing.pixels -= pixelsOf(source);
  }
  if (more) decoder.drain(take);
}

// The first picture between the two that is not dark.
std::optional<std::int64_t> firstBright(int fd, const Source& source, const Showing& showing,
                                        std::int64_t endUs) {
  std::optional<std::int64_t> bright;
  smallPictures(fd, source, showing, [&](const AVFrame& picture, std::int64_t us) {
    if (us >= endUs) return false;
    if (isDark(look(picture))) return true;
    bright = us;
    return false;
  });
  return bright;
}

// The last key picture before the first that is not dark.
std::int64_t lastDarkKey(int fd, const Source& source, std::int64_t fromUs) {
  std::int64_t key = fromUs;
  smallPictures(fd, source, {fromUs, true, kMostSought},
                [&](const AVFrame& picture, std::int64_t us) {
                  if (!isDark(look(picture))) return false;
                  key = us;
                  return true;
                });
  return key;
}

// Each picture is looked at up to the limit. What is black for longer is sought through by its key
// pictures, and cut off when something worth seeing is left.
std::optional<std::int64_t> endOfBlack(int fd, const Source& source, std::int64_t limitUs,
                                       const Cut& cut) {
  const std::int64_t limit = std::min(cut.startUs + limitUs + 1, cut.endUs);
  if (const auto near = firstBright(fd, source, {cut.startUs}, limit)) return near;
  const std::int64_t key = lastDarkKey(fd, source, cut.startUs);
  const std::int64_t endUs = std::min(cut.endUs, source.scan.videoEndUs) - kWorthSeeingUs;
  return firstBright(fd, source, {key, false, kMostSought}, endUs);
}

void cutLeadingBlack(int fd, const Source& source, std::int64_t limitUs, Cut& cut) {
  if (limitUs <= 0 || (cut.startUs == source.firstUs && !source.startsDark)) return;
  const std::int64_t bright = endOfBlack(fd, source, limitUs, cut).value_or(cut.startUs);
  if (bright <= cut.startUs) return;
  cut.notices.push_back(
      notice("repair.leading_black", "Schwarzer Anfang", "Leading black", bright - cut.startUs));
  cut.startUs = bright;
}

void cutTrailingBlack(int fd, const Source& source, Cut& cut) {
  const std::int64_t endUs = std::min(cut.endUs, source.scan.videoEndUs);
  std::optional<std::int64_t> darkSince;
  bool anyBright = false;
  smallPictures(fd, source, {std::max(cut.startUs, endUs - kMaxTrimmedUs)},
                [&](const AVFrame& picture, std::int64_t us) {
                  if (us >= endUs) return false;
                  const bool dark = isDark(look(picture));
                  anyBright = anyBright || !dark;
                  if (!dark) darkSince.reset();
                  if (dark && !darkSince) darkSince = us;
                  return true;
                });
  if (!anyBright || !darkSince) return;
  cut.notices.push_back(
      notice("edit.trailing_black", "Schwarzes Ende", "Trailing black", endUs - *darkSince));
  cut.endUs = *darkSince;
}

void cutSilence(int fd, const Source& source, Cut& cut) {
  if (!source.probe.audio) return;
  const std::int64_t endUs =
      std::min(cut.endUs, std::max(source.scan.videoEndUs, source.scan.audioEndUs.value_or(0)));
  const auto peaks = surveySound(fd, cut.startUs, endUs, 2, {}).peaks;  // per millisecond
  const auto heard = [](float peak) { return peak >= kSilence; };
  const auto first = std::find_if(peaks.begin(), peaks.end(), heard);
  if (first == peaks.end()) return;  // silent all through: there is something to see
  const auto last = std::find_if(peaks.rbegin(), peaks.rend(), heard);
  const std::int64_t leadUs =
      std::min(kMaxTrimmedUs, std::int64_t{first - peaks.begin()} * 1000 - kLeadInUs);
  const std::int64_t tailUs =
      std::min(kMaxTrimmedUs, std::int64_t{last - peaks.rbegin()} * 1000 - kFadeAwayUs);
  if (tailUs > kShortSilenceUs) {
    cut.endUs = pictureAt(source, (endUs - tailUs - source.firstUs) / 1000);
    cut.notices.push_back(
        notice("edit.trailing_silence", "Stilles Ende", "Trailing silence", endUs - cut.endUs));
  }
  if (leadUs <= kShortSilenceUs) return;
  const std::int64_t before = cut.startUs;
  cut.startUs = pictureAt(source, (cut.startUs + leadUs - source.firstUs) / 1000);
  cut.notices.push_back(
      notice("edit.leading_silence", "Stiller Anfang", "Leading silence", cut.startUs - before));
}

}  // namespace

Cut cutOf(int fd, const Source& source, const Edits& edits, std::int64_t maxLeadingBlackUs) {
  Cut cut;
  trim(source, edits, cut);
  if (edits.trimSilence) cutSilence(fd, source, cut);
  if (edits.trimBlack) cutTrailingBlack(fd, source, cut);
  cutLeadingBlack(fd, source, edits.trimBlack ? kMaxTrimmedUs : maxLeadingBlackUs, cut);
  return cut;
}

}  // namespace clipcourier::transcoder
