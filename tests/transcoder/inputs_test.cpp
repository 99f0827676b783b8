// Every kind of source that we promise to take, drawn with Debian's ffmpeg command, through the
// real program: containers, codecs, pixels, turns, time stamps and sound.

#include <array>
#include <cmath>
#include <cstring>

#include "support/catch.h"
#include "transcoder/files.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

const std::string kPicture = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=1 ";
const std::string kTone = "-f lavfi -i sine=frequency=440:duration=1 ";

struct Clip {
  Folder folder;
  OutputFiles files{folder};
  Report report;

  // Draws the source, and changes its bytes when asked.
  explicit Clip(const std::string& arguments, const std::string& name,
                const std::function<void(std::string&)>& change = {}) {
    draw(arguments, folder / name);
    if (change) {
      std::string bytes = contentOf(folder / name);
      change(bytes);
      write(folder / name, bytes);
    }
    report = transcode(folder / name, files);
    INFO(failures(report));
    CHECK(report.passed);
    checkWords(report);
    checkAgainstFfprobe(report, files.clipPath);
  }

  // Mean colour of a part (ffmpeg's crop argument) of the clip's first frame.
  std::array<int, 3> colour(const std::string& part) const {
    const std::string bytes = outputOf(
        "ffmpeg -v error -i '" + files.clipPath.string() + "' -frames:v 1 -vf crop=" + part +
        ",scale=1:1:flags=area:in_color_matrix=bt709,format=rgb24 -f rawvideo -");
    REQUIRE(bytes.size() == 3);
    return {static_cast<unsigned char>(bytes[0]), static_cast<unsigned char>(bytes[1]),
            static_cast<unsigned char>(bytes[2])};
  }

  struct Level {
    double left = 0, right = 0, peak = 0;  // effective values of each side; 1: full scale
  };
  Level level() const {
    const std::string bytes =
        outputOf("ffmpeg -v error -i '" + files.clipPath.string() + "' -vn -ac 2 -f f32le -");
    Level level;
    std::vector<float> samples(bytes.size() / sizeof(float));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
    for (std::size_t i = 0; i < samples.size(); ++i) {
      (i % 2 ? level.right : level.left) += samples[i] * samples[i];
      level.peak = std::max(level.peak, static_cast<double>(std::abs(samples[i])));
    }
    const double count = std::max<double>(1, static_cast<double>(samples.size()) / 2);
    level.left = std::sqrt(level.left / count);
    level.right = std::sqrt(level.right / count);
    return level;
  }
};

// Puts a display matrix into the first track header of an MP4.
void setMatrix(std::string& mp4, int a, int b, int c, int d) {
  const std::size_t at = mp4.find("tkhd");
  REQUIRE(at != std::string::npos);
  const int values[] = {a, b, 0, c, d, 0, 0, 0};
  for (std::size_t i = 0; i < 8; ++i)
    for (std::size_t byte = 0; byte < 4; ++byte)
      mp4[at + 44 + i * 4 + byte] =
          static_cast<char>((static_cast<unsigned>(values[i]) << 16) >> (24 - 8 * byte));
}

bool isRed(const std::array<int, 3>& c) { return c[0] > 200 && c[1] < 60 && c[2] < 60; }

}  // namespace

TEST_CASE("all eight turns and mirrorings of an MP4 come out upright", "[transcoder]") {
  struct Case {
    int a, b, c, d;
    const char* red;  // where the stored top left corner is seen
  };
  const auto [a, b, c, d, red] = GENERATE(values<Case>({{1, 0, 0, 1, "top left"},
                                                        {0, 1, -1, 0, "top right"},
                                                        {-1, 0, 0, -1, "bottom right"},
                                                        {0, -1, 1, 0, "bottom left"},
                                                        {-1, 0, 0, 1, "top right"},
                                                        {1, 0, 0, -1, "bottom left"},
                                                        {0, 1, 1, 0, "top left"},
                                                        {0, -1, -1, 0, "bottom right"}}));
  CAPTURE(a, b, c, d);
  const Clip clip(
      "-f lavfi -i color=blue:size=320x240:rate=25:duration=0.4 "
      "-vf drawbox=w=160:h=120:c=red:t=fill -c:v libx264 -qp 4",
      "source.mp4", [&](std::string& mp4) { setMatrix(mp4, a, b, c, d); });
  const bool turned = a == 0;
  CHECK(clip.report.width == (turned ? 240 : 320));
  const std::string where = red;
  const int x = where.find("left") != where.npos ? 20 : clip.report.width - 100;
  const int y = where.find("top") != where.npos ? 20 : clip.report.height - 100;
  CHECK(isRed(clip.colour("80:80:" + std::to_string(x) + ":" + std::to_string(y))));
}

TEST_CASE("every container and codec of cameras, phones and editors becomes a clip",
          "[transcoder]") {
  struct Case {
    const char *name, *arguments, *codec;
  };
  const auto [name, arguments, codec] = GENERATE(values<Case>({
      {"h264.mp4", "-c:v libx264 -c:a aac", "h264"},
      {"fragmented.mp4", "-c:v libx264 -c:a aac -movflags frag_keyframe+empty_moov", "h264"},
      {"hevc.mov", "-c:v libx265 -x265-params log-level=none -tag:v hvc1 -c:a aac", "hevc"},
      {"vp8.webm", "-c:v libvpx -c:a libvorbis", "vp8"},
      {"vp9.webm", "-c:v libvpx-vp9 -deadline realtime -c:a libopus", "vp9"},
      {"av1.mp4", "-c:v libsvtav1 -preset 12 -c:a aac", "av1"},
      {"mpeg1.mpg", "-c:v mpeg1video -c:a mp2", "mpeg1video"},
      {"mpeg2.ts", "-c:v mpeg2video -c:a ac3", "mpeg2video"},
      {"h264.ts", "-c:v libx264 -c:a aac", "h264"},
      {"xvid.avi", "-c:v mpeg4 -vtag xvid -c:a libmp3lame", "mpeg4"},
      {"prores.mov", "-c:v prores_ks -c:a pcm_s16le", "prores"},
      {"dnxhr.mov",
       "-c:v dnxhd -profile:v dnxhr_lb -vf scale=256:144,format=yuv422p -c:a pcm_s24le", "dnxhd"},
      {"mjpeg.avi", "-c:v mjpeg -c:a pcm_u8", "mjpeg"},
      {"theora.ogv", "-c:v libtheora -c:a libvorbis", "theora"},
      {"wmv2.wmv", "-c:v wmv2 -c:a wmav2", "wmv2"},
      {"flash.flv", "-c:v flv -ar 44100 -c:a libmp3lame", "flv1"},
      {"h263.3gp", "-c:v h263 -s 176x144 -c:a aac", "h263"},
      {"ffv1.mkv", "-c:v ffv1 -c:a flac", "ffv1"},
      {"surround.mkv", "-c:v libx264 -ac 6 -c:a eac3", "h264"},
      {"phone.mov", "-c:v libx264 -ar 8000 -ac 1 -c:a pcm_mulaw", "h264"},
  }));
  CAPTURE(name);
  const Clip clip(kPicture + kTone + arguments + " -pix_fmt:v yuv420p", name);
  CHECK(clip.report.source.video.codec == codec);
  CHECK(clip.report.hasAudio);
  CHECK(clip.report.durationMs == Approx(1000).margin(130));
  const Clip::Level level = clip.level();
  CHECK(level.left > 0.03);  // sine's tone is quiet
  CHECK(level.right > 0.03);
}

TEST_CASE("raw streams, which have no times, become clips", "[transcoder]") {
  const auto [name, arguments] = GENERATE(table<std::string, std::string>({
      {"raw.h264", "-c:v libx264 -bf 2"},
      {"raw.hevc", "-c:v libx265 -x265-params log-level=none"},
      {"raw.m2v", "-c:v mpeg2video"},
      {"raw.m4v", "-c:v mpeg4"},
      {"raw.ivf", "-c:v libvpx"},
      {"raw.obu", "-c:v libsvtav1 -preset 12"},
  }));
  CAPTURE(name);
  const Clip clip(kPicture + arguments, name);
  CHECK(clip.report.durationMs == Approx(1000).margin(45));
  CHECK_FALSE(clip.report.hasAudio);
}

TEST_CASE("moving pictures become clips, transparent parts on white", "[transcoder]") {
  const auto [name, arguments] = GENERATE(table<std::string, std::string>({
      {"moving.gif", "-vf split[a][b],[a]palettegen[p],[b][p]paletteuse"},
      {"moving.png", "-f apng -pix_fmt rgba"},
      {"moving.webp", "-c:v libwebp_anim -lossless 1 -pix_fmt bgra"},
      {"moving.webm", "-c:v libvpx-vp9 -lossless 1 -pix_fmt yuva420p"},
      {"moving.mov", "-c:v qtrle -pix_fmt argb"},
  }));
  CAPTURE(name);
  std::string filters = arguments;
  const std::string hole = "format=rgba,geq=r='255-N':g='0':b='0':a='if(lt(X,80),0,255)'";
  const std::size_t own = filters.find("-vf split");
  if (own == std::string::npos)
    filters = "-vf \"" + hole + "\" " + filters;
  else
    filters = "-filter_complex \"" + hole + ",split[a][b];[a]palettegen[p];[b][p]paletteuse\" ";
  const Clip clip("-f lavfi -i color=red:size=160x120:rate=10:duration=1 " + filters, name);
  CHECK(clip.report.source.video.alpha);
  CHECK(hasNotice(clip.report.repaired, "repair.flattened"));
  const auto under = clip.colour("60:100:10:10"), over = clip.colour("60:100:90:10");
  CHECK(under[1] > 240);
  CHECK(over[0] > 240);
  CHECK(over[1] < 20);
  CHECK(clip.report.durationMs == Approx(1000).margin(110));
}

TEST_CASE("pixels of every kind keep their colours", "[transcoder]") {
  const auto [format, codec] = GENERATE(table<std::string, std::string>({
      {"yuv420p", "ffv1"},
      {"yuv422p", "ffv1"},
      {"yuv444p", "ffv1"},
      {"yuv411p", "ffv1"},
      {"yuv420p10le", "ffv1"},
      {"yuv422p10le", "ffv1"},
      {"yuv444p12le", "ffv1"},
      {"yuv420p16le", "ffv1"},
      {"gbrp", "ffv1"},
      {"gbrp10le", "ffv1"},
      {"rgb48le", "ffv1"},
      {"bgr24", "rawvideo"},
      {"rgb555le", "rawvideo"},
      {"nv12", "rawvideo"},
      {"uyvy422", "rawvideo"},
  }));
  CAPTURE(format);
  const Clip clip(
      "-f lavfi -i color=0xc08040:size=160x120:rate=25:duration=0.4,format=gbrp "
      "-vf scale=out_color_matrix=bt601:out_range=tv -c:v " +
          codec + " -pix_fmt " + format,
      codec == "rawvideo" ? "source.nut" : "source.mkv");
  const auto is = clip.colour("100:80:20:20");
  CAPTURE(is);
  const int tolerance = format == "rgb555le" ? 9 : 5;
  CHECK(std::abs(is[0] - 0xc0) <= tolerance);
  CHECK(std::abs(is[1] - 0x80) <= tolerance);
  CHECK(std::abs(is[2] - 0x40) <= tolerance);
}

TEST_CASE("BT.709 and BT.2020 colours, in either range, keep their look", "[transcoder]") {
  const auto [matrix, primaries, range] = GENERATE(table<std::string, std::string, std::string>(
      {{"bt709", "bt709", "tv"}, {"bt709", "bt709", "pc"}, {"bt2020nc", "bt2020", "tv"}}));
  CAPTURE(matrix, range);
  const Clip clip(
      "-f lavfi -i color=0xc08040:size=160x120:rate=25:duration=0.4,format=gbrp -vf "
      "\"setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr:range=pc,zscale=m=" +
          std::string(matrix == "bt709" ? "709" : "2020_ncl") +
          ":p=" + (primaries == "bt709" ? "709" : "2020") +
          ":t=709:r=" + (range == "tv" ? "limited" : "full") +
          ",format=yuv420p10le\" -c:v libx265 -x265-params log-level=none:lossless=1 "
          "-color_range " +
          range + " -colorspace " + matrix + " -color_primaries " + primaries +
          " -color_trc bt709 -tag:v hvc1",
      "source.mp4");
  CHECK(hasNotice(clip.report.repaired, "repair.colour_range") == (range == "pc"));
  CHECK(hasNotice(clip.report.repaired, "repair.colours") == (primaries == "bt2020"));
  const auto is = clip.colour("100:80:20:20");
  CAPTURE(is);
  CHECK(std::abs(is[0] - 0xc0) <= 5);
  CHECK(std::abs(is[1] - 0x80) <= 5);
  CHECK(std::abs(is[2] - 0x40) <= 5);
}

namespace {

// A tone in one channel of a layout, the others silent.
std::string toneIn(const std::string& layout, int channels, int sounding) {
  std::string channelsOf;
  for (int i = 0; i < channels; ++i)
    channelsOf += std::string(i ? "|" : "") + (i == sounding ? "0.5*sin(2*PI*300*t)" : "0");
  return "-f lavfi -i \"aevalsrc=" + channelsOf + ":c=" + layout + ":s=48000:d=1\" ";
}

}  // namespace

TEST_CASE("every channel of surround sound is heard, voices best", "[transcoder]") {
  const auto [layout, channels] = GENERATE(table<std::string, int>({{"5.1", 6}, {"7.1", 8}}));
  std::vector<double> loudness;
  for (int i = 0; i < channels; ++i) {
    const Clip clip(kPicture + toneIn(layout, channels, i) + "-c:v libx264 -c:a pcm_s16le",
                    "source.mkv");
    const Clip::Level level = clip.level();
    CAPTURE(layout, i, level.left, level.right);
    CHECK(std::max(level.left, level.right) > 0.04);
    if (i == 0) CHECK(level.left > 5 * level.right);
    if (i == 1) CHECK(level.right > 5 * level.left);
    if (i == 2) CHECK(level.left == Approx(level.right).epsilon(0.02));
    loudness.push_back(level.left + level.right);
    CHECK(hasNotice(clip.report.repaired, "repair.downmixed"));
  }
  const double voices = loudness[2];  // the middle
  for (std::size_t i = 0; i < loudness.size(); ++i)
    if (i != 2) CHECK(loudness[i] < voices);
  CHECK(loudness[3] < voices / 2);  // bass
}

TEST_CASE("surround sound that is loud everywhere does not clip", "[transcoder]") {
  const Clip clip(kPicture +
                      "-f lavfi -i \"aevalsrc=sin(2*PI*300*t)|sin(2*PI*300*t)|sin(2*PI*300*t)|"
                      "sin(2*PI*300*t)|sin(2*PI*300*t)|sin(2*PI*300*t):c=5.1:s=48000:d=1\" "
                      "-c:v libx264 -c:a pcm_s16le",
                  "source.mkv");
  const Clip::Level level = clip.level();
  CHECK(level.peak < 1.0);
  CHECK(level.left > 0.5);  // and is not turned down to nothing
}

TEST_CASE("the sound of a phone call and of an old file is heard", "[transcoder]") {
  const auto* arguments =
      GENERATE("-ac 1 -ar 8000 -c:a pcm_s16le", "-ac 1 -ar 11025 -c:a pcm_u8",
               "-ac 2 -ar 96000 -c:a pcm_f32le", "-ac 1 -ar 22050 -c:a adpcm_ima_wav");
  CAPTURE(arguments);
  const Clip clip(kPicture + kTone + "-c:v libx264 " + arguments, "source.mkv");
  CHECK(clip.level().left > 0.03);
}

TEST_CASE("cover pictures, subtitles and data beside a video are left away", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i color=red:size=64x64:rate=1:duration=1 -frames:v 1", folder / "cover.jpg");
  write(folder / "words.srt", "1\n00:00:00,000 --> 00:00:01,000\nHallo\n");
  const Clip clip("-i '" + (folder / "cover.jpg") + "' " + kPicture + kTone + "-i '" +
                      (folder / "words.srt") +
                      "' -map 1 -map 2 -map 0 -map 3 -c:v:0 libx264 -c:v:1 mjpeg -c:a aac "
                      "-c:s mov_text -disposition:v:1 attached_pic -metadata title=Geheim",
                  "source.mp4");
  CHECK(clip.report.source.otherTracks == 2);
  CHECK(clip.report.source.video.codec == "h264");
  CHECK(find(clip.report, "file.metadata")->passed);
  CHECK(hasNotice(clip.report.repaired, "repair.metadata"));
}

TEST_CASE("an edit list decides where the video begins", "[transcoder]") {
  Folder folder;
  draw(kPicture + kTone + "-c:v libx264 -g 25 -c:a aac", folder / "whole.mp4");
  const Clip clip("-ss 0.4 -i '" + (folder / "whole.mp4") + "' -c copy", "source.mp4");
  CHECK(clip.report.durationMs == Approx(600).margin(45));
  CHECK(find(clip.report, "sync.end")->passed);
}

TEST_CASE("a stream that was joined from pieces with clocks of their own plays through",
          "[transcoder]") {
  Folder folder;
  for (const char* offset : {"70000", "5"})
    draw(kPicture + kTone + "-c:v libx264 -c:a aac -output_ts_offset " + offset,
         folder / (std::string(offset) + ".ts"));
  const std::string joined = contentOf(folder / "70000.ts") + contentOf(folder / "5.ts");
  write(folder / "joined.ts", joined);
  OutputFiles files(folder);
  const Report report = transcode(folder / "joined.ts", files);
  INFO(failures(report));
  CHECK(report.passed);
  CHECK(report.durationMs == Approx(2000).margin(130));
  CHECK(hasNotice(report.repaired, "repair.timestamps"));
  checkWords(report);
  CHECK(find(report, "sync.end")->passed);
}

TEST_CASE("sound of an AVI whose header counts it wrongly is heard to its end", "[transcoder]") {
  const std::string arguments = kPicture + kTone + "-c:v mpeg4 -c:a libmp3lame -ar 22050 -b:a 32k";
  const Clip right(arguments, "source.avi");
  CHECK_FALSE(hasNotice(right.report.repaired, "repair.sound_times"));
  const Clip wrong(arguments, "source.avi", [](std::string& avi) {
    const std::size_t at = avi.find("auds");
    REQUIRE(at != std::string::npos);
    avi.replace(at + 44, 4, "\x40\x02\0", 4);  // a block of 576 bytes: five packets and a half
  });
  CHECK(hasNotice(wrong.report.repaired, "repair.sound_times"));
  CHECK(right.level().left > 0.05);
  CHECK(wrong.level().left == Approx(right.level().left).epsilon(0.02));
  CHECK(wrong.report.durationMs == right.report.durationMs);
}

TEST_CASE("sound that begins before or after the picture keeps its distance", "[transcoder]") {
  const auto [offset, silentMs] = GENERATE(table<std::string, double>({{"0.3", 300}, {"-0.3", 0}}));
  CAPTURE(offset);
  const Clip clip(kPicture + "-itsoffset " + offset + " " + kTone +
                      "-map 0 -map 1 -c:v libx264 "
                      "-c:a pcm_s16le -avoid_negative_ts make_zero",
                  "source.mkv");
  const std::string bytes = outputOf("ffmpeg -v error -i '" + clip.files.clipPath.string() +
                                     "' -vn -ac 1 -ar 8000 -f s16le -");
  std::size_t first = 0;
  const auto loud = [&](std::size_t i) {
    return std::abs(static_cast<std::int16_t>(static_cast<unsigned char>(bytes[2 * i]) |
                                              (static_cast<unsigned char>(bytes[2 * i + 1]) << 8)));
  };
  while (2 * first + 1 < bytes.size() && loud(first) < 300) ++first;
  CHECK(static_cast<double>(first) / 8 == Approx(silentMs).margin(40));
}

TEST_CASE("a source that turns to rubbish is used up to there, and the warning names the time",
          "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=320x240:rate=25:duration=6 -c:v libx264 -g 25 -bf 0 -b:v 600k",
       folder / "whole.ts");
  std::string bytes = contentOf(folder / "whole.ts");
  unsigned seed = 7;
  for (std::size_t i = bytes.size() * 2 / 3; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>((seed = seed * 1103515245 + 12345) >> 16);
  write(folder / "source.ts", bytes);
  OutputFiles files(folder);
  const Report report = transcode(folder / "source.ts", files);
  INFO(failures(report));
  CHECK(report.passed);
  CHECK(report.durationMs > 3'000);
  CHECK(report.durationMs < 5'500);
  REQUIRE_FALSE(report.warnings.empty());
  checkWords(report);
  bool named = false;
  for (const Notice& warning : report.warnings)
    named = named || warning.words.en.find("0:03") != std::string::npos ||
            warning.words.en.find("0:04") != std::string::npos;
  CHECK(named);
}
