// Sources with one thing wrong each, drawn with Debian's ffmpeg command, through the real program.

#include <array>
#include <cmath>

#include "support/catch.h"
#include "transcoder/files.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

struct Result {
  Folder folder;
  OutputFiles files{folder};
  Report report;

  explicit Result(const std::string& arguments, const std::string& name = "source.mp4") {
    draw(arguments, folder / name);
    report = transcode(folder / name, files);
    INFO(failures(report));
    CHECK(report.passed);
    checkWords(report);
    checkAgainstFfprobe(report, files.clipPath);
  }

  // Average colour of a part of a frame of the clip, as 8-bit RGB: part is ffmpeg's crop argument.
  std::array<int, 3> colour(const std::string& part, double second = 0.5) const {
    const std::string bytes = outputOf(
        "ffmpeg -v error -ss " + std::to_string(second) + " -i '" + files.clipPath.string() +
        "' -frames:v 1 -vf crop=" + part +
        ",scale=1:1:flags=area:in_color_matrix=bt709:in_range=tv,format=rgb24 -f rawvideo -");
    REQUIRE(bytes.size() == 3);
    return {static_cast<unsigned char>(bytes[0]), static_cast<unsigned char>(bytes[1]),
            static_cast<unsigned char>(bytes[2])};
  }
};

bool near(const std::array<int, 3>& is, const std::array<int, 3>& wanted, int tolerance = 12) {
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(is[i] - wanted[i]) > tolerance) return false;
  return true;
}

// How much each line of a 320x240 picture differs from those above and below it.
double combing(const std::filesystem::path& film, double second) {
  const std::string gray = outputOf("ffmpeg -v error -i '" + film.string() +
                                    "' -vf trim=start=" + std::to_string(second) +
                                    " -frames:v 1 -f rawvideo -pix_fmt gray -");
  REQUIRE(gray.size() == 320 * 240);
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(gray[i]); };
  double sum = 0;
  for (std::size_t i = 320; i + 320 < gray.size(); ++i)
    sum += std::abs(2 * at(i) - at(i - 320) - at(i + 320));
  return sum / static_cast<double>(gray.size());
}

constexpr std::array<int, 3> kRed{255, 0, 0}, kBlue{0, 0, 255}, kWhite{255, 255, 255};

// Red left, blue right.
const char* const kRedBlue =
    "-f lavfi -i color=red:size=160x240:rate=25:duration=1 "
    "-f lavfi -i color=blue:size=160x240:rate=25:duration=1 "
    "-filter_complex '[0][1]hstack,format=yuv444p,scale=out_color_matrix=bt601:out_range=tv,"
    "format=yuv420p' ";

}  // namespace

TEST_CASE("BT.601 colours come out right as BT.709", "[transcoder]") {
  const Result result(std::string(kRedBlue) + "-c:v libx264 -qp 4 -pix_fmt yuv420p");
  CHECK(near(result.colour("100:200:20:20"), kRed));
  CHECK(near(result.colour("100:200:200:20"), kBlue));
}

TEST_CASE("full-range colours are not stretched", "[transcoder]") {
  const Result result(
      "-f lavfi -i color=0x808080:size=320x240:rate=25:duration=1 -c:v mjpeg -q:v 2 "
      "-pix_fmt yuvj420p",
      "source.mov");
  CHECK(result.report.source.video.fullRange);
  CHECK(near(result.colour("200:200:20:20"), {128, 128, 128}, 4));
}

TEST_CASE("a turned source is made upright", "[transcoder]") {
  const auto [degrees, part] = GENERATE(table<int, std::string>({
      {90, "200:100:20:20"},    // red was left: after a clockwise quarter it is on top
      {180, "100:200:200:20"},  // right
      {270, "200:100:20:200"},  // below
  }));
  CAPTURE(degrees);
  Folder plain;
  draw(std::string(kRedBlue) + "-c:v libx264 -qp 4", plain / "plain.mp4");
  const Result result("-i '" + (plain / "plain.mp4") +
                      "' -c copy -metadata:s:v rotate=" + std::to_string(360 - degrees));
  // ffmpeg 5.1 writes the tag counter-clockwise; what counts is what the source says of itself.
  const int turned = result.report.source.video.rotation;
  REQUIRE((turned == degrees || turned == 360 - degrees));
  const std::string where = turned == 90    ? "200:100:20:20"
                            : turned == 270 ? "200:100:20:200"
                                            : "100:200:200:20";
  CHECK(result.report.width == (degrees == 180 ? 320 : 240));
  CHECK(near(result.colour(where), kRed));
  CHECK(hasNotice(result.report.repaired, "repair.rotated"));
}

TEST_CASE("wide pixels are made square and odd sizes even", "[transcoder]") {
  const Result anamorphic(
      "-f lavfi -i testsrc2=size=720x576:rate=25:duration=1 -vf setsar=16/15 -c:v mpeg2video",
      "source.mpg");
  CHECK(anamorphic.report.width == 768);
  CHECK(anamorphic.report.height == 576);
  CHECK(hasNotice(anamorphic.report.repaired, "repair.square_pixels"));
  const Result odd(
      "-f lavfi -i testsrc2=size=161x121:rate=25:duration=1 -pix_fmt yuv444p -c:v ffv1",
      "source.mkv");
  CHECK(odd.report.width == 160);
  CHECK(odd.report.height == 120);
}

TEST_CASE("interlaced pictures are joined", "[transcoder]") {
  const Result result(
      "-f lavfi -i testsrc2=size=720x576:rate=50:duration=1 -vf "
      "tinterlace=interleave_top,fieldorder=tff -flags +ildct+ilme -c:v mpeg2video -q:v 3",
      "source.mpg");
  CHECK(result.report.source.video.interlaced);
  CHECK(hasNotice(result.report.repaired, "repair.deinterlaced"));
  CHECK(result.report.frameRate == Fraction{25, 1});
  CHECK(result.report.durationMs == 1000);
}

TEST_CASE("pictures that are interlaced only later on are joined too", "[transcoder]") {
  Folder parts;
  draw("-f lavfi -i testsrc2=size=320x240:rate=25:duration=1,scroll=h=0.02 -c:v mpeg2video -q:v 3",
       parts / "1.m2v");
  draw(
      "-f lavfi -i testsrc2=size=320x240:rate=50:duration=1,scroll=h=0.02 -vf "
      "tinterlace=interleave_top,fieldorder=tff -flags +ildct+ilme -c:v mpeg2video -q:v 3",
      parts / "2.m2v");
  write(parts / "both.m2v", contentOf(parts / "1.m2v") + contentOf(parts / "2.m2v"));
  const Result result(
      "-framerate 25 -fflags +genpts -f mpegvideo -i '" + (parts / "both.m2v") + "' -c copy",
      "source.mkv");
  CHECK_FALSE(result.report.source.video.interlaced);
  CHECK(hasNotice(result.report.repaired, "repair.deinterlaced"));
  CHECK(result.report.durationMs == Approx(2000).margin(80));
  CHECK(combing(result.files.clipPath, 1.6) < combing(result.folder / "source.mkv", 1.6) / 2);
}

TEST_CASE("sixty frames per second become thirty, odd distances become even", "[transcoder]") {
  const Result fast("-f lavfi -i testsrc2=size=320x240:rate=60:duration=2 -c:v libx264");
  CHECK(fast.report.frameRate.value() == Approx(30));
  CHECK(fast.report.durationMs == 2000);
  const Result varying(
      "-f lavfi -i testsrc2=size=320x240:rate=50:duration=4 "
      "-vf \"select='not(mod(n,7))+not(mod(n,3))'\" -vsync vfr -c:v libx264");
  CHECK_FALSE(varying.report.source.video.constantRate);
  CHECK(hasNotice(varying.report.repaired, "repair.constant_rate"));
  CHECK(varying.report.durationMs == Approx(4000).margin(100));
}

TEST_CASE("a black beginning is cut off and the poster is not black", "[transcoder]") {
  const Result result(
      "-f lavfi -i color=black:size=320x240:rate=25:duration=2 "
      "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 "
      "-f lavfi -i sine=frequency=440:duration=4 "
      "-filter_complex '[0][1]concat' -c:v libx264 -c:a aac");
  CHECK(hasNotice(result.report.repaired, "repair.leading_black"));
  CHECK(result.report.durationMs == 2000);
  CHECK_FALSE(near(result.colour("320:240:0:0", 0), {0, 0, 0}, 30));
  CHECK(result.report.hasAudio);
}

TEST_CASE("black is cut off however long it is, be there key pictures in it or not",
          "[transcoder]") {
  const std::string keys = GENERATE("-g 25", "-g 9999 -keyint_min 9999 -sc_threshold 0");
  CAPTURE(keys);
  const Result result(
      "-f lavfi -i color=black:size=320x240:rate=25:duration=7 "
      "-f lavfi -i testsrc2=size=320x240:rate=25:duration=3 "
      "-f lavfi -i sine=frequency=440:duration=10 "
      "-filter_complex '[0][1]concat' -c:v libx264 " +
      keys + " -c:a aac");
  CHECK(hasNotice(result.report.repaired, "repair.leading_black"));
  CHECK_FALSE(hasNotice(result.report.advice, "advice.dark_start"));
  CHECK(result.report.durationMs == 3000);
  CHECK_FALSE(near(result.colour("320:240:0:0", 0), {0, 0, 0}, 30));
}

TEST_CASE("a profile may let black stay", "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  draw(
      "-f lavfi -i color=black:size=320x240:rate=25:duration=2 "
      "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 "
      "-filter_complex '[0][1]concat' -c:v libx264",
      folder / "source.mp4");
  Profile profile = whatsapp();
  profile.maxLeadingBlackSeconds = 0;
  const Heard heard = transcode(folder / "source.mp4", files.work(profile));
  REQUIRE(heard.reports.size() == 1);
  CHECK(heard.reports[0].durationMs == 4000);
}

TEST_CASE("an all-black video stays as it is", "[transcoder]") {
  const Result result("-f lavfi -i color=black:size=320x240:rate=25:duration=1 -c:v libx264");
  CHECK(result.report.durationMs == 1000);
  CHECK(hasNotice(result.report.advice, "advice.dark_start"));
}

TEST_CASE("a transparent source is laid on white", "[transcoder]") {
  const Result result(
      "-f lavfi -i color=red@0.0:size=320x240:rate=25:duration=1,format=yuva444p10le "
      "-c:v prores_ks -pix_fmt yuva444p10le",
      "source.mov");
  CHECK(result.report.source.video.alpha);
  CHECK(near(result.colour("200:200:20:20"), kWhite));
  CHECK(hasNotice(result.report.repaired, "repair.flattened"));
}

TEST_CASE("an HDR source keeps its white white and its gray gray", "[transcoder]") {
  const auto* transfer = GENERATE("smpte2084", "arib-std-b67");
  CAPTURE(transfer);
  // Reference white of 203 cd/m² on the left, a mid gray of 40 on the right.
  const Result result(
      std::string(
          "-f lavfi -i color=white:size=320x240:rate=25:duration=1,format=gbrpf32le "
          "-vf \"format=gbrp16,geq=r='if(lt(X,160),65535,12900)':g='if(lt(X,160),65535,12900)'"
          ":b='if(lt(X,160),65535,12900)',setparams=color_primaries=bt709:color_trc=linear:"
          "colorspace=gbr,zscale=tin=linear:pin=709:min=gbr:rin=full:npl=203:p=2020:m=2020_ncl:"
          "r=limited:t=") +
      transfer +
      ",format=yuv420p10le\" -c:v libx265 -x265-params log-level=none -crf 8 "
      "-color_primaries bt2020 -colorspace bt2020nc -color_trc " +
      transfer + " -tag:v hvc1");
  CHECK(result.report.source.video.hdr);
  CHECK(hasNotice(result.report.repaired, "repair.hdr"));
  const auto white = result.colour("120:200:10:20"), gray = result.colour("120:200:180:20");
  CAPTURE(white, gray);
  CHECK(white[0] > 195);
  CHECK(std::abs(white[0] - white[2]) < 8);
  CHECK(gray[0] > 90);
  CHECK(gray[0] < 150);
}

TEST_CASE("surround sound becomes stereo, as long as the picture", "[transcoder]") {
  const Result result(
      "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -f lavfi -i "
      "\"aevalsrc=sin(440*t*6.28)|0|0|0|0|sin(880*t*6.28):c=5.1:s=48000:d=1.5\" "
      "-c:v libx264 -c:a ac3",
      "source.mkv");
  CHECK(hasNotice(result.report.repaired, "repair.downmixed"));
  CHECK(find(result.report, "sync.end")->passed);
  CHECK(result.report.durationMs == 2000);
}

TEST_CASE("of several sound tracks the default one is used", "[transcoder]") {
  const Result result(
      "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 "
      "-f lavfi -i sine=frequency=440:sample_rate=8000:duration=1 "
      "-f lavfi -i sine=frequency=440:sample_rate=32000:duration=1 "
      "-map 0 -map 1 -map 2 -c:v libx264 -c:a aac -disposition:a:0 0 -disposition:a:1 default",
      "source.mkv");
  REQUIRE(result.report.source.audio);
  CHECK(result.report.source.audio->sampleRate == 32000);
  CHECK(hasNotice(result.report.warnings, "warning.audio_tracks"));
}

TEST_CASE("a file that was cut off is used as far as it goes, with a warning", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=320x240:rate=25:duration=6 -c:v libx264 -movflags +faststart",
       folder / "whole.mp4");
  const std::string whole = contentOf(folder / "whole.mp4");
  write(folder / "cut.mp4", whole.substr(0, whole.size() / 2));
  OutputFiles files(folder);
  const Report report = transcode(folder / "cut.mp4", files);
  CHECK(report.passed);
  CHECK(report.durationMs > 1000);
  CHECK(report.durationMs < 5000);
  CHECK(hasNotice(report.warnings, "warning.ends_early"));
  checkWords(report);
}

TEST_CASE("noise that cannot be compressed lands just under the byte target", "[transcoder]") {
  Profile small = whatsapp();
  small.target = 600_KB;
  small.limit = 640_KB;
  small.floor.crf = 63;  // whatever it looks like
  Folder folder;
  draw(
      "-f lavfi -i 'nullsrc=size=640x360:rate=25:duration=8,geq=random(1)*255:128:128' "
      "-f lavfi -i anoisesrc=duration=8 -c:v libx264 -preset ultrafast -qp 20 -c:a aac",
      folder / "noise.mp4");
  OutputFiles files(folder);
  const Report report = transcode(folder / "noise.mp4", files.work(small)).reports.at(0);
  INFO(failures(report));
  CHECK(report.passed);
  CHECK(report.bytes <= small.limit.bytes);
  CHECK(report.bytes > 300'000);
}
