// Real files that other people made, through the real program: a test per row of the manifest in
// the folder that CLIPCOURIER_CORPUS names. Long rows are trimmed to an excerpt;
// CLIPCOURIER_CORPUS_FULL=1 takes all of them whole.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support/catch.h"
#include "support/skip.h"
#include "transcoder/files.h"
#include "transcoder/manifest.h"
#include "transcoder/second_opinion.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

// Pixels that one row may have decoded, in all: two and a half seconds of 720p30.
constexpr double kExcerptPixels = 2.5 * 30 * 1280 * 720;
constexpr std::int64_t kShortestExcerptMs = 1'500, kLongestExcerptMs = 60'000;

// Rows about which we know better than the manifest, with the code.
const std::map<std::string, std::string> kRefusedOnPurpose{
    // Dolby's own colours: without its method they come out green and pink.
    {"phone-dolbyvision-profile5.mp4", "input.dolby_vision_5"},
};

// Where the command is no judge.
const std::set<std::string> kNoSecondOpinion{
    "codec-mp4-two-sample-descriptions.mp4",  // it stretches what changes its shape; we add bars
    "codec-webm-vp8-frame-size-change.webm",  // likewise
    "codec-webp-animated.webp",               // it cannot read this
    "bad-huge-gif-frame-exceeds-screen.gif",  // four pixels of colours that 4:2:0 has to mix
};

// The header says that a block of sound has 576 bytes; it has 72. By the times that follow from it
// eight packets of 72 ms come at once, and the command leaves out seven of them.
const std::set<std::string> kSoundTimesAreWrong{"codec-avi-xvid-asp-mp3-8khz.avi"};

// The reasons that must be exactly these; the others are refused for any.
const std::map<std::string, std::string> kReasons{
    {"bad-ext-json-named-webp.webp", "input.unknown_format"},
    {"bad-ext-text-named-mp4.mp4", "input.unknown_format"},
    {"bad-ftyp-only-32-bytes-probes-ok.mp4", "input.no_video"},
    {"bad-fuzz-1185230-negative-timescale.mp4", "input.no_pictures"},
    {"bad-fuzz-1833894-fragmented.mp4", "input.damaged"},
    {"bad-huge-1301065-duration-9e12s.mp4", "input.no_video"},
    {"bad-huge-1840002-duration-17179869184s.webm", "input.no_pictures"},
    {"bad-huge-webp-16000x9000.webp", "input.still_image"},
    {"bad-init-segment-only.mp4", "input.no_pictures"},
    {"bad-poly-jpeg-with-mp4-inside.jpg", "input.still_image"},
    {"bad-ref-dash-manifest.mpd", "input.playlist"},
    {"bad-ref-ffconcat-1.ffconcat", "input.playlist"},
    {"bad-ref-hls-http-ssrf.avi", "input.playlist"},
    {"bad-ref-hls-read-passwd-bypass.mp4", "input.playlist"},
    {"bad-ref-hls-read-passwd.avi", "input.playlist"},
    {"bad-ref-master-playlist-file-urls.m3u8", "input.playlist"},
    {"bad-ref-relative-segments.m3u8", "input.playlist"},
    {"bad-trunc-no-moov.mp4", "input.damaged"},
    {"bad-zero-length.webm", "input.empty"},
    {"codec-mp4-vvc.mp4", "input.unsupported_codec"},
    {"codec-mp4-widevine-encrypted.mp4", "input.encrypted"},
    {"codec-wmv-drm.wmv", "input.encrypted"},
    {"phone-audio-only.mp4", "input.no_video"},
    {"phone-itunes-song-with-cover.m4a", "input.no_video"},
};

// A refusal reads the head of a file, not all of its pictures.
Limits enoughToRefuse() {
  Limits limits;
  limits.memory = 512_MiB;
  limits.cpu = std::chrono::seconds{5};
  limits.wall = std::chrono::seconds{60};
  limits.output = 1_MiB;
  return limits;
}

void checkRefusal(const ManifestRow& row, const Refusal& refusal) {
  CHECK(refusal.code.starts_with("input."));
  for (const Words& words : {refusal.what, refusal.hint}) {
    CHECK(words.de.size() > 14);
    CHECK(words.en.size() > 14);
    CHECK(words.de != words.en);
  }
  const auto known = kReasons.find(row.file);
  if (known != kReasons.end()) CHECK(refusal.code == known->second);
  const auto ours = kRefusedOnPurpose.find(row.file);
  if (ours != kRefusedOnPurpose.end()) CHECK(refusal.code == ours->second);
}

// How like the source the clip must be. Twice decoded, once encoded and both times scaled, real
// pictures have 0.97 and more; a wrong turn, shape or bar gives less than 0.7, a wrong matrix or
// range moves the means by five and more.
struct Bounds {
  double ssim = 0.9, luma = 2, chroma = 5;
};

Bounds boundsFor(const Report& report) {
  if (report.source.video.hdr) return {0.75, 30, 14};  // two tastes of tone mapping
  const bool tiny = std::min(report.width, report.height) < 32;
  return tiny ? Bounds{0.5, 6, 8} : Bounds{};
}

// As the manifest says it must be seen: turned, with square pixels. Sides are even, so small ones
// are off by more.
void checkShape(const ManifestRow& row, const Report& report) {
  const double asked = 1.0 * row.width / row.height, got = 1.0 * report.width / report.height;
  CAPTURE(row.width, row.height, report.width, report.height);
  CHECK(std::abs(got / asked - 1) <= 0.01 + 1.0 / std::min(report.width, report.height));
}

// Returns by how many milliseconds the pictures come late.
double checkPictures(const Report& report, const std::filesystem::path& source,
                     const std::filesystem::path& clip) {
  const Pictures theirs = picturesOfSource(source, report), ours = picturesOfClip(clip, report);
  REQUIRE_FALSE(ours.frames.empty());
  REQUIRE_FALSE(theirs.frames.empty());
  const Bounds bounds = boundsFor(report);
  const int lag = pictureLag(theirs, ours, 4);
  CAPTURE(lag, theirs.frames.size(), ours.frames.size());
  CHECK(std::abs(lag) <= std::max(1.0, 0.04 * report.frameRate.value()));
  for (const double share : {0.15, 0.5, 0.85}) {
    const auto at = static_cast<std::size_t>(share * static_cast<double>(ours.frames.size()));
    Likeness best;
    const auto near = static_cast<std::size_t>(std::max(0, static_cast<int>(at) - lag - 1));
    for (std::size_t i = near; i <= near + 2; ++i) {
      const std::size_t there = std::min(i, theirs.frames.size() - 1);  // the last one stands still
      if (const Likeness each = likeness(theirs, there, ours, at); each.ssim > best.ssim)
        best = each;
    }
    CAPTURE(at);
    CHECK(best.ssim > bounds.ssim);
    CHECK(best.lumaOff < bounds.luma);
    CHECK(best.chromaOff < bounds.chroma);
  }
  return 1000 * lag / report.frameRate.value();
}

// `picturesLate` as checkPictures() says.
void checkSound(const Report& report, const std::filesystem::path& source,
                const std::filesystem::path& clip, SoundTimes times, double picturesLate) {
  if (!report.hasAudio) return;
  for (const char* claim : {"sync.start", "sync.end"}) {
    REQUIRE(find(report, claim));
    CHECK(find(report, claim)->passed);
  }
  const std::int64_t length = report.durationMs, part = std::min<std::int64_t>(length, 1'000);
  for (const std::int64_t from : {std::int64_t{0}, length - part}) {
    const auto lag = soundLagMs(source, clip, from, from + part, times);
    CAPTURE(from, picturesLate);
    if (lag) CHECK(std::abs(*lag - picturesLate) <= 40);
  }
}

// Damage is where two decoders, or one with other threads, may differ.
bool isWhole(const Report& report) {
  return !hasNotice(report.warnings, "warning.damaged") &&
         !hasNotice(report.warnings, "warning.ends_early");
}

Work workFor(const ManifestRow& row, const OutputFiles& files) {
  Profile profile = whatsapp();
  profile.maxLeadingBlackSeconds = 0;  // so that both begin with the same picture
  Work work = files.work(profile);
  const double perSecond = 30.0 * std::max(1, row.width) * std::max(1, row.height);
  const auto affordable = static_cast<std::int64_t>(1000 * kExcerptPixels / perSecond);
  const bool fits = row.seconds > 0 && row.seconds * 1000 <= static_cast<double>(affordable) * 1.5;
  if (!row.full && !fits)
    work.edits.trimEndMs = std::clamp(affordable, kShortestExcerptMs, kLongestExcerptMs);
  return work;
}

void checkClip(const ManifestRow& row, const Heard& heard, const OutputFiles& files) {
  REQUIRE(heard.reports.size() == 1);
  const Report& report = heard.reports[0];
  INFO(failures(report));
  CHECK(report.passed);
  REQUIRE(heard.posters);
  CHECK(heard.posters->poster.bytes > 100);
  CHECK(heard.posters->thumbnail.bytes < 200'000);
  checkAgainstFfprobe(report, files.clipPath);
  CHECK(report.hasAudio == row.sound);
  if (!isWhole(report) || kNoSecondOpinion.contains(row.file)) return;
  checkShape(row, report);
  const double late = checkPictures(report, corpusFolder() / row.file, files.clipPath);
  const bool wrong = kSoundTimesAreWrong.contains(row.file);
  CHECK(wrong == hasNotice(report.repaired, "repair.sound_times"));
  checkSound(report, corpusFolder() / row.file, files.clipPath,
             wrong ? SoundTimes::counted : SoundTimes::fromFile, late);
}

void checkRow(const ManifestRow& row) {
  Folder folder;
  OutputFiles files(folder);
  const bool refused = !row.accepted || kRefusedOnPurpose.contains(row.file);
  const bool mayBeEither = row.either;
  try {
    const Limits limits = refused && !mayBeEither ? enoughToRefuse() : Limits{};
    const Heard heard = transcode(corpusFolder() / row.file, workFor(row, files),
                                  Process(Process::besideThisProgram(), limits));
    if (refused && !mayBeEither) FAIL("was not refused");
    checkClip(row, heard, files);
  } catch (const RefusedInput& error) {
    CAPTURE(error.code());
    if (!refused && !mayBeEither) FAIL("was refused");
    checkRefusal(row, error.refusal());
    CHECK(std::filesystem::file_size(files.clipPath) == 0);
  }
}

class RowTest : public Catch::ITestInvoker {
 public:
  explicit RowTest(ManifestRow row) : row_(std::move(row)) {}
  void invoke() const override { checkRow(row_); }

 private:
  ManifestRow row_;
};

// One test per row, in parts of about the same work so that ctest can run them side by side.
bool registerRows() {
  constexpr int kParts = 4;
  int part = 0;
  for (const ManifestRow& row : readManifest()) {
    const std::string name = row.file + (row.accepted ? " becomes a clip" : " is refused");
    const std::string tags = "[corpus][part" + std::to_string(part++ % kParts + 1) + "]";
    Catch::AutoReg(new RowTest(row), CATCH_INTERNAL_LINEINFO, "", {name, tags});
  }
  return part > 0;
}

const bool kRegistered = registerRows();

}  // namespace

TEST_CASE("the corpus is here", "[corpus][part1]") {
  if (!kRegistered) return skipTest("no CLIPCOURIER_CORPUS");
  CHECK(readManifest().size() > 100);
}
