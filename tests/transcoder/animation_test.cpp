// Storyboard, preview and teasers of sources drawn with Debian's ffmpeg command.

#include "transcoder/worker/animation.h"

#include <array>
#include <cmath>
#include <set>

#include "support/catch.h"
#include "transcoder/files.h"
#include "transcoder/worker/gif.h"
#include "transcoder/worker/gif_blocks.h"
#include "transcoder/worker/side_pictures.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

using Colour = std::array<int, 3>;

Colour colourOf(const std::filesystem::path& picture, const std::string& crop) {
  const std::string bytes = outputOf("ffmpeg -v error -i '" + picture.string() +
                                     "' -frames:v 1 -vf format=rgb24,crop=" + crop +
                                     ",scale=1:1:flags=area -f rawvideo -");
  REQUIRE(bytes.size() == 3);
  return {static_cast<unsigned char>(bytes[0]), static_cast<unsigned char>(bytes[1]),
          static_cast<unsigned char>(bytes[2])};
}

bool near(const Colour& is, const Colour& wanted, int tolerance = 16) {
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(is[i] - wanted[i]) > tolerance) return false;
  return true;
}

constexpr Colour kRed{255, 0, 0}, kGreen{0, 128, 0}, kBlue{0, 0, 255};

// Two seconds of each colour.
constexpr const char* kColours =
    "-f lavfi -i color=red:size=320x180:rate=25:duration=2 "
    "-f lavfi -i color=green:size=320x180:rate=25:duration=2 "
    "-f lavfi -i color=blue:size=320x180:rate=25:duration=2 -filter_complex "
    "'[0][1][2]concat=n=3,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,noise=alls=4' "
    "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:v libx264 -g 250 "
    "-sc_threshold 0";

Frame noise(int width, int height, unsigned seed) {
  Frame frame = newFrame();
  frame->width = width;
  frame->height = height;
  frame->format = AV_PIX_FMT_YUV420P;
  frame->colorspace = AVCOL_SPC_BT709;
  frame->color_primaries = AVCOL_PRI_BT709;
  frame->color_trc = AVCOL_TRC_BT709;
  frame->color_range = AVCOL_RANGE_MPEG;
  check(av_frame_get_buffer(frame.get(), 0), "noise");
  for (int plane = 0; plane < 3; ++plane)
    for (int i = 0; i < frame->linesize[plane] * (plane ? height / 2 : height); ++i) {
      seed = seed * 1'664'525u + 1'013'904'223u;
      frame->data[plane][i] = static_cast<std::uint8_t>(16 + (seed >> 24) % 200);
    }
  return frame;
}

struct Outcome {
  Folder folder;
  std::vector<Descriptor> files;
  std::vector<Report> reports;
  Extras extras;
  Posters posters;

  // Everything without a clip, through the real program.
  explicit Outcome(const std::string& arguments) {
    draw(arguments, folder / "source.mp4");
    const Descriptor source = openToRead(folder / "source.mp4");
    const auto file = [&](const char* name) {
      return files.emplace_back(openNew(folder / name)).get();
    };
    Work work;
    work.inputs.source = source.get();
    const auto profiles = builtInProfiles();
    for (const char* name : {"teaser-webp", "teaser-gif"})
      work.renditions.push_back({profiles.at(name), file(name)});
    work.pictures.storyboard = file("storyboard.jpg");
    work.pictures.preview = file("preview.webp");
    Listener listener;
    listener.clip = [&](const Report& report) { reports.push_back(report); };
    listener.extras = [&](const Extras& made) { extras = made; };
    Process().transcode(work, listener);
  }
};

}  // namespace

TEST_CASE("a storyboard shows the right moment at the right place", "[transcoder]") {
  const Outcome outcome(kColours);
  CHECK(outcome.extras.storyboard.bytes == contentOf(outcome.folder / "storyboard.jpg").size());
  CHECK(outcome.extras.storyboardVtt.starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:00.500\n"));
  const auto tileAt = [&](const std::string& time) {
    const std::string& vtt = outcome.extras.storyboardVtt;
    const auto cue = vtt.find("\n" + time + " --> ");
    REQUIRE(cue != std::string::npos);
    int x = -1, y = -1, w = 0, h = 0;
    const auto at = vtt.find("storyboard.jpg#xywh=", cue);
    REQUIRE(std::sscanf(vtt.c_str() + at, "storyboard.jpg#xywh=%d,%d,%d,%d", &x, &y, &w, &h) == 4);
    CHECK(w == 160);
    CHECK(h == 90);
    return colourOf(outcome.folder / "storyboard.jpg",
                    "100:60:" + std::to_string(x + 20) + ":" + std::to_string(y + 10));
  };
  CHECK(near(tileAt("00:00:00.500"), kRed));
  CHECK(near(tileAt("00:00:02.500"), kGreen));
  CHECK(near(tileAt("00:00:05.500"), kBlue));
}

TEST_CASE("teasers and preview loop for ever and keep their promises", "[transcoder]") {
  const Outcome outcome(kColours);
  REQUIRE(outcome.reports.size() == 2);
  for (const Report& report : outcome.reports) {
    INFO(report.profile << ": " << failures(report));
    CHECK(report.passed);
    CHECK(report.claims.size() >= 7);
    CHECK(report.bytes == contentOf(outcome.folder / report.profile).size());
    CHECK(report.bytes <= 1'000'000);
    CHECK_FALSE(report.hasAudio);
  }
  const MeasuredAnimation preview = measureWebp(contentOf(outcome.folder / "preview.webp"));
  CHECK(preview.whole);
  CHECK(preview.loops == 0);
  CHECK(preview.tags.empty());
  CHECK(preview.size.width == 320);
  CHECK(std::abs(preview.durationMs - 3'000) <= 200);
  CHECK(outcome.extras.preview.bytes <= kPreviewLimitBytes);
}

TEST_CASE("other programs see the teasers as they are meant", "[transcoder]") {
  const Outcome outcome(kColours);
  const auto gif = outcome.folder / "teaser-gif";
  const nlohmann::json facts = nlohmann::json::parse(
      outputOf("ffprobe -v error -count_frames -of json -show_streams -show_format '" + gif + "'"));
  const auto& stream = facts["streams"][0];
  CHECK(stream["codec_name"] == "gif");
  CHECK(stream["width"] == outcome.reports[1].width);
  const double seconds = std::stod(facts["format"]["duration"].get<std::string>());
  CHECK(seconds * 1000 == Approx(static_cast<double>(outcome.reports[1].durationMs)).margin(150));
  CHECK(near(colourOf(gif, "100:100:50:20"), kRed));
  // Animated WebP is unknown to ffmpeg; libwebp's own programs take a frame out.
  const std::string webp = outcome.folder / "teaser-webp", frame = outcome.folder / "frame.webp";
  const std::string png = outcome.folder / "frame.png";
  outputOf("webpmux -get frame 1 '" + webp + "' -o '" + frame + "' 2>&1 && dwebp '" + frame +
           "' -o '" + png + "' 2>&1");
  CHECK(near(colourOf(png, "100:100:50:20"), kRed));
}

TEST_CASE("an animation that would be too large becomes smaller, slower, then worse",
          "[transcoder]") {
  const std::string format = GENERATE("webp", "gif");
  CAPTURE(format);
  const Excerpt excerpt = excerptOf({24, 1}, 48, 2'000, 12, {});
  AnimationLimits limits;
  limits.format = format;
  limits.longSide = 240;
  limits.floorLongSide = 120;
  limits.floorFps = 6;
  limits.target = {120'000};
  AnimationMaker maker(excerpt, limits, {240, 136});
  for (std::int64_t slot = 0; slot < 48; ++slot)
    maker.consider(*noise(240, 136, static_cast<unsigned>(slot)), slot);
  const Animation animation = maker.make();
  CAPTURE(animation.bytes.size(), animation.size.width, animation.frames);
  CHECK(animation.bytes.size() <= limits.target.bytes);
  CHECK(animation.size.width >= 120);
  CHECK(animation.frameRate.value() >= 6);
  CHECK(maker.make().bytes == animation.bytes);
  AnimationMaker brief(excerptOf({24, 1}, 2'400, 2'000, 12, {90'000}), limits, {240, 136});
  CHECK(brief.empty());
  brief.consider(*noise(240, 136, 1), 0);  // and the clip ends long before the moment
  CHECK(brief.make().frames == 1);
  limits.target = {5'000'000};
  AnimationMaker roomy(excerpt, limits, {240, 136});
  for (std::int64_t slot = 0; slot < 48; slot += 2)
    roomy.consider(*noise(240, 136, static_cast<unsigned>(slot)), slot, 2);
  CHECK(roomy.make().frames == 24);
  CHECK(roomy.make().size.width == 240);
}

TEST_CASE("an excerpt is as long as wanted, in order, and around the best moments",
          "[transcoder]") {
  const Excerpt whole = excerptOf({25, 1}, 75, 3'000, 12, {});
  CHECK(whole.slots.front() == 0);
  CHECK(whole.slots.back() >= 70);
  const Excerpt some = excerptOf({25, 1}, 25 * 60, 6'000, 12, {50'000, 10'000, 10'100});
  CHECK(some.frameRate.value() <= 12.6);
  CHECK(some.slots.size() == Approx(6 * some.frameRate.value()).margin(4));
  std::int64_t before = -1;
  std::set<std::int64_t> seconds;
  for (const std::int64_t slot : some.slots) {
    CHECK(slot > before);
    before = slot;
    seconds.insert(slot / 25);
  }
  CHECK(before < 25 * 60);
  CHECK(seconds.count(10) == 1);
  CHECK(seconds.count(50) == 1);
  CHECK(excerptOf({30000, 1001}, 1, 3'000, 10, {5'000}).slots == std::vector<std::int64_t>{0});
}

TEST_CASE("what a GIF says beside its pictures is found", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=64x48:rate=10:duration=1", folder / "plain.gif");
  std::string bytes = contentOf(folder / "plain.gif");
  const MeasuredAnimation plain = measureGif(bytes);
  CHECK(plain.whole);
  CHECK(plain.frames == 10);
  CHECK(plain.loops == 0);
  CHECK(plain.tags.empty());
  const std::string comment("\x21\xfe\x05hello\0", 9);
  CHECK(measureGif(bytes.substr(0, bytes.size() - 1) + comment + "\x3b").tags ==
        std::vector<std::string>{"comment"});
  for (const std::size_t length : {std::size_t{3}, std::size_t{14}, bytes.size() / 2}) {
    CHECK_FALSE(parseGif(std::string_view(bytes).substr(0, length)));
    CHECK_FALSE(measureGif(std::string_view(bytes).substr(0, length)).whole);
  }
  CHECK_FALSE(measureWebp("RIFF").whole);
}

TEST_CASE("pictures show what the cut leaves, in the clip's time", "[transcoder]") {
  Folder folder;
  draw(kColours, folder / "source.mp4");
  draw("-f lavfi -i color=white:size=100x100,format=rgba -frames:v 1", folder / "logo.png");
  const Descriptor source = openToRead(folder / "source.mp4");
  const Descriptor logo = openToRead(folder / "logo.png");
  const Descriptor poster = openNew(folder / "poster.jpg"), sheet = openNew(folder / "sheet.jpg");
  Work work;
  work.inputs.source = source.get();
  work.inputs.logo = logo.get();
  work.edits.trimStartMs = 2'200;
  work.edits.trimEndMs = 3'700;
  work.edits.logo = Edits::Logo{"top-left", 20, 0, 100};
  work.pictures.poster = poster.get();
  work.pictures.storyboard = sheet.get();
  Posters posters;
  Extras extras;
  Listener listener;
  listener.posters = [&](const Posters& made) { posters = made; };
  listener.extras = [&](const Extras& made) { extras = made; };
  Process().transcode(work, listener);
  CHECK(posters.poster.timeMs >= 0);
  CHECK(posters.poster.timeMs <= 1'500);
  CHECK(near(colourOf(folder / "poster.jpg", "100:60:150:80"), kGreen));
  CHECK(near(colourOf(folder / "poster.jpg", "30:30:10:10"), {255, 255, 255}));
  CHECK(extras.storyboardVtt.find("00:00:01.000 --> 00:00:01.5") != std::string::npos);
  CHECK(extras.storyboardVtt.find("00:00:02") == std::string::npos);
  CHECK(near(colourOf(folder / "sheet.jpg", "60:40:70:40"), kGreen));
}

TEST_CASE("a teaser is the same bytes whatever is made with it", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=320x180:rate=25:duration=9 -c:v libx264 -g 30",
       folder / "source.mp4");
  const Descriptor source = openToRead(folder / "source.mp4");
  const auto profiles = builtInProfiles();
  std::vector<std::string> hashes;
  for (const bool withClip : {false, true}) {
    const Descriptor teaser = openNew(folder / "teaser"), clip = openNew(folder / "clip");
    const Descriptor poster = openNew(folder / "poster");
    Work work;
    work.inputs.source = source.get();
    if (withClip) {
      work.renditions.push_back({profiles.at("whatsapp"), clip.get()});
      work.pictures.poster = poster.get();
    }
    work.renditions.push_back({profiles.at("teaser-webp"), teaser.get()});
    Listener listener;
    listener.clip = [&](const Report& report) {
      if (report.profile == "teaser-webp") hashes.push_back(report.sha256);
    };
    Process().transcode(work, listener);
  }
  REQUIRE(hashes.size() == 2);
  CHECK(hashes[0] == hashes[1]);
}
