#include "transcoder/worker/proof.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "transcoder/worker/measure.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::int64_t kMaxOffsetUs = 40'000;  // picture and sound apart: what people notice

// Everything an MP4 needs to play; a clip holds no other box, so none that tells about anybody.
const std::set<std::string>& neededBoxes() {
  static const std::set<std::string> boxes{
      "ftyp", "moov", "mvhd", "trak", "tkhd", "edts", "elst", "mdia", "mdhd", "hdlr", "minf",
      "vmhd", "smhd", "dinf", "dref", "stbl", "stsd", "stts", "stss", "ctts", "stsc", "stsz",
      "stco", "co64", "sgpd", "sbgp", "avcC", "colr", "pasp", "btrt", "free", "mdat"};
  return boxes;
}

std::string join(const std::set<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all.empty() ? "none" : all;
}

std::string milliseconds(std::int64_t us) { return std::to_string(us / 1000) + " ms"; }

std::string profileName(int idc) {
  switch (idc) {
    case 66: return "baseline";
    case 77: return "main";
    case 100: return "high";
    default: return std::to_string(idc);
  }
}

std::string levelName(int level) {
  return std::to_string(level / 10) + "." + std::to_string(level % 10);
}

class Claims {
 public:
  explicit Claims(std::vector<Claim>& claims) : claims_(claims) {}
  void equal(const char* claim, const std::string& expected, const std::string& measured) {
    claims_.push_back({claim, expected, measured, expected == measured});
  }
  template <class Number>
  void atMost(const char* claim, Number most, Number measured) {
    claims_.push_back(
        {claim, "at most " + std::to_string(most), std::to_string(measured), measured <= most});
  }
  void that(const char* claim, const std::string& expected, const std::string& measured, bool ok) {
    claims_.push_back({claim, expected, measured, ok});
  }

 private:
  std::vector<Claim>& claims_;
};

const Mp4Track* trackOf(const Mp4& mp4, const char* handler) {
  for (const Mp4Track& track : mp4.tracks)
    if (track.handler == handler) return &track;
  return nullptr;
}

void claimFile(Claims& claims, const Measured& m, const Profile& profile, const Expected& e) {
  claims.atMost("file.bytes", profile.limit.bytes, m.bytes);
  claims.that("file.brand", "isom or mp42", m.mp4.brand,
              m.mp4.brand == "isom" || m.mp4.brand == "mp42");
  claims.equal("file.index_first", "moov before mdat",
               m.mp4.indexFirst ? "moov before mdat" : "mdat before moov");
  const std::string tracks = std::to_string(m.videoTracks) + " video, " +
                             std::to_string(m.audioTracks) + " audio, " +
                             std::to_string(m.otherTracks) + " other";
  claims.equal("file.tracks", e.audio ? "1 video, 1 audio, 0 other" : "1 video, 0 audio, 0 other",
               tracks);
}

void claimPrivacy(Claims& claims, const Measured& m) {
  std::set<std::string> strange = m.tags;
  for (const Box& box : m.mp4.boxes) {
    const std::string type = box.path.substr(box.path.rfind('/') + 1);
    // The muxer always writes a list of tags; an empty one says nothing.
    const bool emptyList = type == "udta" || type == "meta" || (type == "ilst" && box.size == 8);
    if (!emptyList && !neededBoxes().contains(type)) strange.insert(type);
  }
  std::uint64_t created = m.mp4.creationTime;
  for (const Mp4Track& track : m.mp4.tracks) created = std::max(created, track.creationTime);
  if (created != 0) strange.insert("creation time");
  if (m.slices.sei != 0) strange.insert("SEI");
  if (m.slices.extra != 0) strange.insert("NAL units that are no pictures");
  claims.equal("file.metadata", "none", join(strange));
}

void claimVideo(Claims& claims, const Measured& m, const Profile& profile, const Expected& e) {
  const Mp4Track* track = trackOf(m.mp4, "vide");
  claims.equal("video.codec", "h264 in avc1",
               m.videoCodec + " in " + (track ? track->sampleEntry : "no track"));
  claims.equal("video.profile", profile.video.profile, profileName(m.avc.profile));
  claims.that("video.level", "at most " + levelName(profile.video.maxLevel), levelName(m.avc.level),
              m.avc.level > 0 && m.avc.level <= profile.video.maxLevel);
  const std::int64_t others = m.slices.other + m.slices.broken;
  const bool fine = others == 0 && (profile.video.maxBFrames > 0 || m.slices.b == 0);
  claims.that("video.b_slices", profile.video.maxBFrames > 0 ? "allowed" : "0 B",
              std::to_string(m.slices.b) + " B, " + std::to_string(m.slices.p) + " P, " +
                  std::to_string(m.slices.i) + " I, " + std::to_string(others) + " other",
              fine && m.slices.i > 0);
  claims.equal("video.pixels",
               "yuv420p " + std::to_string(e.width) + "x" + std::to_string(e.height),
               join(m.pixelFormats));
  const int longSide = std::max(m.width, m.height);
  claims.that("video.size",
              "long side at most " + std::to_string(profile.video.maxLongSide) + ", even",
              std::to_string(m.width) + "x" + std::to_string(m.height),
              longSide <= profile.video.maxLongSide && m.width % 2 == 0 && m.height % 2 == 0);
  claims.equal("video.colours", "bt709/bt709/bt709/tv", join(m.colours));
  claims.equal("video.square_pixels", "1:1", join(m.aspects));
  claims.equal("video.upright", "no turning",
               track && track->turned ? "display matrix" : "no turning");
  claims.equal("video.progressive", "0 interlaced",
               std::to_string(m.interlacedFrames) + " interlaced");
}

void claimRate(Claims& claims, const Measured& m, const Profile& profile, const Expected& e) {
  const Mp4Track* track = trackOf(m.mp4, "vide");
  const bool constant = track && track->sampleDurations.size() == 1;
  std::string measured = "changing";
  bool right = false;
  if (constant) {
    const std::int64_t scale = track->timescale, step = track->sampleDurations[0];
    right =
        scale * e.frameRate.den == step * e.frameRate.num && scale <= step * profile.video.maxFps;
    measured = "constant " + std::to_string(scale) + "/" + std::to_string(step);
  }
  claims.that(
      "video.frame_rate",
      "constant " + toString(e.frameRate) + ", at most " + std::to_string(profile.video.maxFps),
      measured, right);
  const auto all = static_cast<std::int64_t>(track ? track->samples : 0);
  claims.that(
      "video.every_frame_decodes", std::to_string(e.frames) + " frames, 0 errors",
      std::to_string(m.frames) + " frames, " + std::to_string(m.decodeErrors) + " errors",
      m.frames == e.frames && all == e.frames && m.packets == e.frames && m.decodeErrors == 0);
}

void claimSound(Claims& claims, const Measured& m, const Expected& e) {
  if (!e.audio) {
    claims.equal("audio.codec", "no audio", m.audioTracks ? m.audioCodec : "no audio");
    return;
  }
  claims.equal("audio.codec", "aac LC", m.audioCodec + " " + m.audioProfile);
  claims.equal("audio.channels", std::to_string(e.channels), std::to_string(m.channels));
  claims.equal("audio.sample_rate", std::to_string(e.sampleRate), std::to_string(m.sampleRate));
  claims.equal("audio.every_frame_decodes", "0 errors", std::to_string(m.soundErrors) + " errors");
  const std::int64_t start = m.soundStartUs - m.videoStartUs, end = m.soundEndUs - m.videoEndUs;
  claims.that("sync.start", "within " + milliseconds(kMaxOffsetUs), milliseconds(start),
              std::llabs(start) <= kMaxOffsetUs);
  claims.that("sync.end", "within " + milliseconds(kMaxOffsetUs), milliseconds(end),
              std::llabs(end) <= kMaxOffsetUs);
}

void claimDuration(Claims& claims, const Measured& m, const Profile& profile, const Expected& e) {
  const std::int64_t wanted = e.frames * 1'000'000 * e.frameRate.den / e.frameRate.num;
  const std::int64_t is = m.videoEndUs - m.videoStartUs;
  claims.that("file.duration",
              milliseconds(wanted) + ", at most " + std::to_string(profile.maxSeconds) + " s",
              milliseconds(is),
              std::llabs(is - wanted) <= 2'000 && is <= (profile.maxSeconds + 1) * 1'000'000LL &&
                  m.videoStartUs == 0);
}

}  // namespace

void prove(int clipFd, const Profile& profile, const Expected& expected, Report& report) try {
  const Measured m = measure(clipFd);
  report.profile = profile.name;
  report.sha256 = m.sha256;
  report.bytes = m.bytes;
  report.durationMs = (m.videoEndUs - m.videoStartUs) / 1000;
  report.width = m.width;
  report.height = m.height;
  report.frameRate = expected.frameRate;
  report.hasAudio = m.audioTracks > 0;
  Claims claims(report.claims);
  claimFile(claims, m, profile, expected);
  claimPrivacy(claims, m);
  claimVideo(claims, m, profile, expected);
  claimRate(claims, m, profile, expected);
  claimSound(claims, m, expected);
  claimDuration(claims, m, profile, expected);
  report.passed = std::all_of(report.claims.begin(), report.claims.end(),
                              [](const Claim& claim) { return claim.passed; });
} catch (const Refused& refused) {
  // Our own clip was refused: a defect here, not the source's fault.
  throw Error(ErrorKind::internal,
              "the finished clip cannot be read again: " + refused.refusal().code);
}

}  // namespace clipcourier::transcoder
