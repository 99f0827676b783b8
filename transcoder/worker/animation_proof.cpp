#include "transcoder/worker/animation_proof.h"

#include <algorithm>
#include <cstdlib>

#include "base/crypto.h"
#include "base/error.h"
#include "transcoder/worker/descriptor_io.h"
#include "transcoder/worker/gif.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::int64_t kSlackMs = 20;  // GIF rounds each frame to hundredths

std::string contentOf(int fd) {
  DescriptorFile file(fd);
  std::string bytes = file.readAll();
  if (bytes.size() != file.size())
    throw Error(ErrorKind::internal, "read the finished animation", {}, "output");
  return bytes;
}

std::string toText(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

std::string toText(const std::vector<std::string>& tags) {
  std::string all;
  for (const std::string& tag : tags) all += (all.empty() ? "" : ", ") + tag;
  return all.empty() ? "none" : all;
}

std::vector<Claim> claimsOf(const MeasuredAnimation& m, std::uint64_t bytes, const Profile& profile,
                            const Animation& expected) {
  const auto claim = [](const char* name, const std::string& wanted, const std::string& is,
                        bool passed) {
    return Claim{name, wanted, is, passed};
  };
  const auto ms = [](std::int64_t time) { return std::to_string(time) + " ms"; };
  const int longSide = std::max(m.size.width, m.size.height);
  const std::int64_t shortest = 1'000 / std::max(profile.video.maxFps, 1);
  return {
      claim("file.bytes", "at most " + std::to_string(profile.limit.bytes), std::to_string(bytes),
            bytes <= profile.limit.bytes),
      claim("file.metadata", "none", toText(m.tags), m.tags.empty()),
      claim("file.duration", ms(expected.durationMs), ms(m.durationMs),
            std::llabs(m.durationMs - expected.durationMs) <= kSlackMs),
      claim("video.size",
            toText(expected.size) + ", long side at most " +
                std::to_string(profile.video.maxLongSide),
            toText(m.size), m.size == expected.size && longSide <= profile.video.maxLongSide),
      claim("video.frame_rate", "no frame shorter than " + ms(shortest - 10), ms(m.shortestMs),
            m.frames > 0 && m.shortestMs >= shortest - 10),
      // Equal pictures in a row are stored as one.
      claim("video.every_frame_decodes", "1 to " + std::to_string(expected.frames) + " frames",
            std::to_string(m.frames) + " frames" + (m.whole ? "" : ", damaged"),
            m.whole && m.frames >= 1 && m.frames <= expected.frames),
      claim("animation.loop", "for ever",
            m.loops == 0 ? "for ever" : std::to_string(std::max(m.loops, 1)) + " times",
            m.loops == 0 || m.frames == 1),
  };
}

}  // namespace

void proveAnimation(int clipFd, const Profile& profile, const Animation& expected, Report& report) {
  const std::string bytes = contentOf(clipFd);
  const MeasuredAnimation m = profile.format == "gif" ? measureGif(bytes) : measureWebp(bytes);
  report.profile = profile.name;
  report.sha256 = crypto::hex(crypto::sha256(bytes));
  report.bytes = bytes.size();
  report.durationMs = m.durationMs;
  report.width = m.size.width;
  report.height = m.size.height;
  report.frameRate = expected.frameRate;
  report.hasAudio = false;
  report.claims = claimsOf(m, bytes.size(), profile, expected);
  report.passed = std::all_of(report.claims.begin(), report.claims.end(),
                              [](const Claim& claim) { return claim.passed; });
}

}  // namespace clipcourier::transcoder
