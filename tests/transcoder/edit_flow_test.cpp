// Edits through the real program, in its sandbox; pictures and sound of the clips are measured.

#include <cmath>
#include <cstring>

#include "support/catch.h"
#include "transcoder/drawn_picture.h"
#include "transcoder/worker/sound_survey.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

struct Edited {
  Folder folder;
  OutputFiles files{folder};
  Report report;
  std::optional<Descriptor> captions, logo;

  Edited(const std::string& arguments, const Edits& edits, const std::string& captionText = "",
         const std::filesystem::path& logoFile = {}) {
    draw(arguments, folder / "source.mov");
    Work work = files.work(whatsapp());
    work.edits = edits;
    if (!captionText.empty()) {
      write(folder / "captions", captionText);
      work.inputs.captions = captions.emplace(openToRead(folder / "captions")).get();
    }
    if (!logoFile.empty()) work.inputs.logo = logo.emplace(openToRead(logoFile)).get();
    const Heard heard = transcode(folder / "source.mov", std::move(work));
    REQUIRE(heard.reports.size() == 1);
    report = heard.reports[0];
    INFO(failures(report));
    CHECK(report.passed);
    CHECK(report.edits == edits);
    checkWords(report);
    checkAgainstFfprobe(report, files.clipPath);
  }

  std::vector<Frame> frames(std::size_t most = 500) const {
    return pictures(files.clipPath, {}, 4096, most);
  }

  std::vector<float> sound() const {  // 48 kHz, mono
    const std::string bytes =
        outputOf("ffmpeg -v error -i '" + files.clipPath.string() + "' -f f32le -ac 1 -ar 48000 -");
    std::vector<float> samples(bytes.size() / sizeof(float));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
    return samples;
  }

  Loudness loudness() const {
    return surveySound(openToRead(files.clipPath).get(), 0, report.durationMs * 1000, 2, {});
  }
};

double secondOfFirst(const std::vector<float>& sound, float level) {
  for (std::size_t i = 0; i < sound.size(); ++i)
    if (std::abs(sound[i]) > level) return static_cast<double>(i) / 48'000;
  return -1;
}

int grayOf(const AVFrame& frame) { return colourOf(frame, {20, 20, 80, 80}).g; }

// Two seconds whose pictures say their number by their brightness (40 + 4 x number as luma), with a
// tone in the first half of each second.
const std::string kCounting =
    "-f lavfi -i \"nullsrc=size=320x240:rate=25:duration=2,geq=lum='40+4*N':cb=128:cr=128\" "
    "-f lavfi -i \"aevalsrc='if(lt(mod(t,1),0.5),0.4*sin(880*PI*t),0)':s=48000:d=2\" "
    "-c:v libx264 -qp 4 -g 50 -bf 2 -colorspace bt709 -color_primaries bt709 -color_trc bt709 "
    "-color_range tv -c:a pcm_s16le ";

int numberOf(const AVFrame& frame) {
  double sum = 0;
  for (int y = 100; y < 140; ++y)
    for (int x = 140; x < 180; ++x) sum += frame.data[0][y * frame.linesize[0] + x];
  return static_cast<int>(std::lround((sum / 1600 - 40) / 4));
}

std::string gray(const std::string& luma, const std::string& seconds) {
  return "-f lavfi -i \"nullsrc=size=320x240:rate=25:duration=" + seconds + ",geq=lum='" + luma +
         "':cb=128:cr=128\" ";
}

const std::string kCodecs = "-c:v libx264 -qp 10 -c:a pcm_s16le ";

std::string tone(const std::string& amplitude, const std::string& seconds) {
  return "-f lavfi -i \"aevalsrc='(" + amplitude + ")*sin(880*PI*t)|(" + amplitude +
         ")*sin(880*PI*t)':s=48000:d=" + seconds + "\" ";
}

}  // namespace

TEST_CASE("a trim keeps exactly the pictures shown in it, with their sound", "[transcoder]") {
  Edits edits;
  edits.trimStartMs = 800;
  edits.trimEndMs = 1600;
  const Edited clip(kCounting, edits);
  CHECK(clip.report.durationMs == 800);
  CHECK(hasNotice(clip.report.repaired, "edit.trimmed"));
  CHECK_FALSE(hasNotice(clip.report.repaired, "repair.leading_black"));
  CHECK(clip.report.warnings.empty());
  const auto frames = clip.frames();
  REQUIRE(frames.size() == 20);
  for (int i = 0; i < 20; ++i) CHECK(numberOf(*frames[static_cast<std::size_t>(i)]) == 20 + i);
  // The tone of the second second begins 200 ms after the cut.
  CHECK(secondOfFirst(clip.sound(), 0.15F) == Approx(0.2).margin(0.008));
}

TEST_CASE("an end behind the end is the end, an excerpt of nothing is refused", "[transcoder]") {
  Edits edits;
  edits.trimStartMs = 1000;
  edits.trimEndMs = 60'000;
  CHECK(Edited(kCounting, edits).report.durationMs == 1000);
  edits.trimStartMs = 5'000;
  try {
    Edited(kCounting, edits);
    FAIL("taken");
  } catch (const RefusedInput& refused) {
    CHECK(refused.code() == "edits.nothing_left");
    CHECK_FALSE(refused.hint().empty());
  }
}

TEST_CASE("after a trim into the black the first frame is no black one", "[transcoder]") {
  Edits edits;
  edits.trimStartMs = 1000;
  // Bright, black from 0.8 to 1.6 s, bright again.
  const Edited clip(gray("if(between(N,20,39),16,150)", "3") + kCodecs, edits);
  CHECK(grayOf(*clip.frames(1)[0]) > 100);
  CHECK(clip.report.durationMs == 1400);
  CHECK(hasNotice(clip.report.repaired, "repair.leading_black"));
}

TEST_CASE("black at both ends goes when it is asked for", "[transcoder]") {
  Edits edits;
  edits.trimBlack = true;
  const Edited clip(gray("if(between(N,20,49),150,16)", "3") + tone("0.3", "3") + kCodecs, edits);
  CHECK(clip.report.durationMs == 1200);
  CHECK(hasNotice(clip.report.repaired, "edit.trailing_black"));
  CHECK(hasNotice(clip.report.repaired, "repair.leading_black"));
  const auto frames = clip.frames();
  CHECK(grayOf(*frames.front()) > 100);
  CHECK(grayOf(*frames.back()) > 100);
}

TEST_CASE("silence at both ends goes when it is asked for", "[transcoder]") {
  Edits edits;
  edits.trimSilence = true;
  const Edited clip(gray("150", "5") + tone("if(between(t,1.5,3),0.3,0)", "5") + kCodecs, edits);
  // 0.1 s before the sound and 0.3 s after it stay.
  CHECK(clip.report.durationMs == Approx(1900).margin(80));
  CHECK(secondOfFirst(clip.sound(), 0.1F) == Approx(0.1).margin(0.05));
  CHECK(hasNotice(clip.report.repaired, "edit.leading_silence"));
  CHECK(hasNotice(clip.report.repaired, "edit.trailing_silence"));
  const Edited silent(gray("150", "2") + tone("0", "2") + kCodecs, edits);
  CHECK(silent.report.durationMs == 2000);
}

TEST_CASE("loudness comes to -16 LUFS without passing the highest peak", "[transcoder]") {
  Edits edits;
  edits.loudness = true;
  const std::string amplitude = GENERATE(as<std::string>{},
                                         "0.02",  // quiet: needs a gain alone
                                         "0.9",   // too loud
                                         // quiet with loud clicks, which must be held down
                                         "0.06+0.5*lt(mod(t,0.5),0.004)");
  CAPTURE(amplitude);
  const Edited clip(gray("150", "6") + tone(amplitude, "6") + kCodecs, edits);
  const Loudness loudness = clip.loudness();
  CAPTURE(loudness.lufs, loudness.truePeakDb());
  CHECK(loudness.truePeakDb() <= kMaxTruePeakDb);
  CHECK(std::abs(loudness.lufs - kTargetLufs) < 1);
  REQUIRE(find(clip.report, "audio.loudness"));
  REQUIRE(find(clip.report, "audio.true_peak"));
  CHECK(hasNotice(clip.report.repaired, "repair.loudness"));
}

TEST_CASE("silence is not made noise of", "[transcoder]") {
  Edits edits;
  edits.loudness = true;
  const Edited clip(gray("150", "3") + tone("0.0008", "3") + kCodecs, edits);
  CHECK(hasNotice(clip.report.warnings, "warning.too_quiet"));
  CHECK_FALSE(find(clip.report, "audio.loudness"));
  CHECK(clip.loudness().truePeak < 0.003);
}

TEST_CASE("a muted clip has no sound track", "[transcoder]") {
  Edits edits;
  edits.mute = true;
  const Edited clip(kCounting, edits);
  CHECK_FALSE(clip.report.hasAudio);
  CHECK(clip.report.source.audio);
  CHECK(hasNotice(clip.report.repaired, "edit.muted"));
}

TEST_CASE("picture and sound fade, and the first frame can be seen", "[transcoder]") {
  Edits edits;
  edits.fadeInMs = edits.fadeOutMs = 1000;
  const Edited clip(gray("180", "4") + tone("0.5", "4") + kCodecs, edits);
  const auto frames = clip.frames();
  REQUIRE(frames.size() == 100);
  CHECK(grayOf(*frames[0]) > 40);
  CHECK(grayOf(*frames[0]) < 100);
  CHECK(grayOf(*frames[50]) > 180);
  CHECK(grayOf(*frames[99]) < 15);
  const auto sound = clip.sound();
  const auto peak = [&](double from, double to) {
    float most = 0;
    for (auto i = static_cast<std::size_t>(from * 48'000);
         i < std::min(sound.size(), static_cast<std::size_t>(to * 48'000)); ++i)
      most = std::max(most, std::abs(sound[i]));
    return most;
  };
  CHECK(peak(0, 0.05) < 0.05);
  CHECK(peak(1.9, 2.1) > 0.4);
  CHECK(peak(3.95, 4) < 0.05);
}

TEST_CASE("shape, captions and logo are in the clip, in their time", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i color=0x00c000:size=100x100 -frames:v 1", folder / "logo.png");
  Edits edits;
  edits.fit = Edits::Fit{"9:16", "colour", 50, 50, 0x203040};
  edits.captions = "webvtt";
  edits.logo = Edits::Logo{"top-left", 20, 5, 100};
  edits.trimStartMs = 1000;
  const Edited clip(gray("120", "4") + kCodecs, edits,
                    "WEBVTT\n\n00:02.000 --> 00:03.000\nÄÖÜ שלום مرحبا\n", folder / "logo.png");
  CHECK(clip.report.width * 16 == Approx(clip.report.height * 9).margin(32));
  const auto frames = clip.frames();
  REQUIRE(frames.size() == 75);
  const std::array<int, 4> below{10, 80, 90, 92};
  CHECK(near(colourOf(*frames[20], below), {0x20, 0x30, 0x40}, 4));
  CHECK(colourOf(*frames[27], below).g > 0x33);  // at 2.08 s of the source
  CHECK(near(colourOf(*frames[60], below), {0x20, 0x30, 0x40}, 4));
  CHECK(near(colourOf(*frames[0], {7, 5, 22, 10}), {0, 0xc0, 0}, 12));
}

TEST_CASE("what edits name and cannot be read refuses the work", "[transcoder]") {
  Folder folder;
  write(folder / "logo.png", "no picture");
  Edits edits;
  edits.logo = Edits::Logo{};
  CHECK_THROWS_AS(Edited(kCounting, edits, "", folder / "logo.png"), RefusedInput);
  Edits captions;
  captions.captions = "srt";
  try {
    Edited(kCounting, captions, "1\n00:00:01,000 --> oops\nx\n");
    FAIL("taken");
  } catch (const RefusedInput& refused) {
    CHECK(refused.code() == "captions.invalid");
    CHECK(refused.refusal().what.de.find("Zeile 2") != std::string::npos);
  }
}
