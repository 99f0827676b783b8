// Crop, padding and their sizes, on pictures drawn by ffmpeg and edited by the worker's own code.

#include "transcoder/worker/fit.h"

#include "support/catch.h"
#include "transcoder/drawn_picture.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

Edits fitted(const std::string& shape, const std::string& fill, int x = 50, int y = 50,
             std::uint32_t colour = 0) {
  Edits edits;
  edits.fit = Edits::Fit{shape, fill, x, y, colour};
  return edits;
}

Probe sized(int width, int height) {
  Probe probe;
  probe.video.width = width;
  probe.video.height = height;
  return probe;
}

constexpr Colour kRed{255, 0, 0}, kGreen{0, 128, 0}, kBlue{0, 0, 255}, kYellow{255, 255, 0};

// 640x360, four columns: red, green, blue, yellow.
const std::string kColumns =
    "-f lavfi -i color=red:size=160x360:rate=25:duration=0.2 "
    "-f lavfi -i color=green:size=160x360:rate=25:duration=0.2 "
    "-f lavfi -i color=blue:size=160x360:rate=25:duration=0.2 "
    "-f lavfi -i color=yellow:size=160x360:rate=25:duration=0.2 "
    "-filter_complex '[0][1][2][3]hstack=4,format=gbrp,scale=out_color_matrix=bt709:out_range=tv,"
    "format=yuv444p,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709' ";

Folder& drawn() {
  static Folder folder;
  static const bool once = [] {
    draw(kColumns + "-c:v libx264 -qp 4 -pix_fmt yuv420p", folder / "columns.mp4");
    return true;
  }();
  (void)once;
  return folder;
}

}  // namespace

TEST_CASE("an edited source has the size of its shape", "[transcoder]") {
  CHECK(shownSize(sized(1920, 1080), {}) == Size{1920, 1080});
  CHECK(shownSize(sized(1920, 1080), fitted("9:16", "crop")) == Size{608, 1080});
  CHECK(shownSize(sized(1920, 1080), fitted("9:16", "blur")) == Size{1920, 3413});
  CHECK(shownSize(sized(1920, 1080), fitted("16:9", "crop")) == Size{1920, 1080});
  CHECK(shownSize(sized(1920, 1080), fitted("1:1", "colour")) == Size{1920, 1920});
  CHECK(shownSize(sized(1080, 1920), fitted("4:5", "crop")) == Size{1080, 1350});
  CHECK(shownSize(sized(1080, 1920), fitted("16:9", "blur")) == Size{3413, 1920});
}

TEST_CASE("what is cropped away takes its bits along, what is muted its sound", "[transcoder]") {
  Probe probe = sized(1920, 1080);
  probe.video.kbps = 8'000;
  probe.audio = Probe::Audio{"aac", 2, 48'000, "stereo", 128};
  Edits edits = fitted("1:1", "crop");
  edits.mute = true;
  const Probe edited = afterEdits(probe, edits);
  CHECK(edited.video.width == 1080);
  CHECK(edited.video.kbps > 4'500);
  CHECK(edited.video.kbps < 8'000);
  CHECK_FALSE(edited.audio);
  CHECK(afterEdits(probe, {}) == probe);
}

TEST_CASE("the crop follows the focus, also in turned and mirrored pictures", "[transcoder]") {
  const Size stored{400, 200};
  CHECK(cropOf(stored, 1, 1, 50, 50, {}) == Part{100, 0, 200, 200});
  CHECK(cropOf(stored, 1, 1, 0, 50, {}) == Part{0, 0, 200, 200});
  CHECK(cropOf(stored, 1, 1, 100, 50, {}) == Part{200, 0, 200, 200});
  CHECK(cropOf(stored, 1, 1, 100, 50, {0, true}) == Part{0, 0, 200, 200});
  CHECK(cropOf(stored, 1, 1, 100, 50, {180, false}) == Part{0, 0, 200, 200});
  // Seen upright it is 200x400; its upper end is the stored left for a clockwise quarter.
  CHECK(cropOf(stored, 1, 1, 50, 0, {90, false}) == Part{0, 0, 200, 200});
  CHECK(cropOf(stored, 1, 1, 50, 100, {90, false}) == Part{200, 0, 200, 200});
  CHECK(cropOf(stored, 1, 1, 50, 0, {270, false}) == Part{200, 0, 200, 200});
  CHECK(cropOf(stored, 1, 1, 50, 0, {90, true}) == Part{200, 0, 200, 200});
  // Pixels twice as wide as high: 200 of them are 400 wide.
  CHECK(cropOf({200, 200}, 2, 1, 50, 50, {}) == Part{50, 0, 100, 200});
  CHECK(cropOf({3, 1}, 1, 1, 50, 50, {}).width <= 3);
}

TEST_CASE("a crop shows the part around its focus", "[transcoder]") {
  const auto [focus, wanted] =
      GENERATE(table<int, Colour>({{0, kRed}, {37, kGreen}, {63, kBlue}, {100, kYellow}}));
  const auto made = pictures(drawn() / "columns.mp4", fitted("9:16", "crop", focus), 360);
  CHECK(std::abs(made[0]->width - 202) <= 2);
  CHECK(made[0]->height == 360);
  CHECK(near(colourOf(*made[0], {40, 10, 60, 90}), wanted));
}

TEST_CASE("the focus of a turned source is meant as it is seen", "[transcoder]") {
  const int turn = GENERATE(90, 270);
  Folder folder;
  draw(
      "-i '" + (drawn() / "columns.mp4") + "' -c copy -metadata:s:v rotate=" + std::to_string(turn),
      folder / "turned.mp4");
  // Upright first: which colour is on top, so that the crop can be compared with it.
  const auto whole = pictures(folder / "turned.mp4", {}, 640);
  REQUIRE(whole[0]->height == 640);
  for (const int focus : {0, 100}) {
    const auto made = pictures(folder / "turned.mp4", fitted("1:1", "crop", 50, focus), 640);
    CHECK(made[0]->width == 360);
    CHECK(made[0]->height == 360);
    const Colour end =
        colourOf(*whole[0], focus ? std::array{10, 90, 90, 98} : std::array{10, 2, 90, 10});
    const Colour same =
        colourOf(*made[0], focus ? std::array{10, 85, 90, 95} : std::array{10, 5, 90, 15});
    CHECK(near(same, end));
  }
}

TEST_CASE("padding shows all of the picture on the chosen colour", "[transcoder]") {
  const auto made =
      pictures(drawn() / "columns.mp4", fitted("9:16", "colour", 50, 50, 0x3366cc), 640);
  CHECK(made[0]->width == 360);
  CHECK(made[0]->height == 640);
  CHECK(near(colourOf(*made[0], {0, 0, 100, 30}), {0x33, 0x66, 0xcc}, 3));
  CHECK(near(colourOf(*made[0], {0, 70, 100, 100}), {0x33, 0x66, 0xcc}, 3));
  CHECK(near(colourOf(*made[0], {5, 40, 20, 60}), kRed));
  CHECK(near(colourOf(*made[0], {80, 40, 95, 60}), kYellow));
}

TEST_CASE("blurred padding is the picture's own colours, darker and soft", "[transcoder]") {
  Folder folder;
  draw(
      "-f lavfi -i color=0xd08040:size=640x360:rate=25:duration=0.2 -c:v libx264 -qp 4 -vf "
      "scale=out_color_matrix=bt709,setparams=colorspace=bt709:color_primaries=bt709:"
      "color_trc=bt709",
      folder / "orange.mp4");
  const auto orange = pictures(folder / "orange.mp4", fitted("1:1", "blur"), 640);
  CHECK(orange[0]->width == 640);
  CHECK(orange[0]->height == 640);
  const Colour bar = colourOf(*orange[0], {0, 0, 100, 20}),
               middle = colourOf(*orange[0], {0, 30, 100, 70});
  CHECK(near(middle, {0xd0, 0x80, 0x40}));
  CHECK(bar.r < middle.r * 3 / 4);
  CHECK(bar.r > middle.r / 2);
  CHECK(bar.r > bar.g);
  CHECK(bar.g > bar.b);
  // Columns fill the bars, with no hard edge between them.
  const auto soft = pictures(drawn() / "columns.mp4", fitted("4:5", "blur"), 640);
  const AVFrame& frame = *soft[0];
  int steepest = 0;
  for (int x = 1; x < frame.width; ++x)
    steepest = std::max(steepest, std::abs(frame.data[0][20 * frame.linesize[0] + x] -
                                           frame.data[0][20 * frame.linesize[0] + x - 1]));
  CHECK(steepest < 8);
}

TEST_CASE("anamorphic and odd-sized sources keep their shape in every fit", "[transcoder]") {
  Folder folder;
  // A circle's bounding box: a white square of the seen picture, 320x320 at the middle of 1024x576.
  draw(
      "-f lavfi -i color=black:size=1024x576:rate=25:duration=0.2 -vf "
      "drawbox=352:128:320:320:white:fill,scale=720:577,setsar=1024/720 -c:v ffv1 -pix_fmt yuv444p",
      folder / "wide.mkv");
  const std::string fill = GENERATE(as<std::string>{}, "crop", "colour", "blur");
  const auto made = pictures(folder / "wide.mkv", fitted("1:1", fill), 576);
  const AVFrame& frame = *made[0];
  const auto bright = [&](int x, int y) { return frame.data[0][y * frame.linesize[0] + x] > 140; };
  int across = 0, down = 0;
  for (int i = 0; i < frame.width; ++i) across += bright(i, frame.height / 2);
  for (int i = 0; i < frame.height; ++i) down += bright(frame.width / 2, i);
  CAPTURE(fill, frame.width, frame.height, across, down);
  CHECK(frame.width == frame.height);
  CHECK(std::abs(across - down) <= 3);
  CHECK(across > 150);
}

TEST_CASE("a source that changes its size in the middle stays in its shape", "[transcoder]") {
  Folder folder;
  draw(
      "-f lavfi -i color=red:size=640x360:rate=25:duration=0.4 -c:v mpeg2video -q:v 2 -f "
      "mpeg2video",
      folder / "a.m2v");
  draw(
      "-f lavfi -i color=blue:size=360x480:rate=25:duration=0.4 -c:v mpeg2video -q:v 2 -f "
      "mpeg2video",
      folder / "b.m2v");
  write(folder / "joined.m2v", contentOf(folder / "a.m2v") + contentOf(folder / "b.m2v"));
  for (const char* fill : {"crop", "colour", "blur"}) {
    const auto made =
        pictures(folder / "joined.m2v", fitted("1:1", fill, 50, 50, 0x00ff00), 360, 30);
    REQUIRE(made.size() > 12);
    for (const auto& each : made) {
      CHECK(each->width == made[0]->width);
      CHECK(each->height == made[0]->height);
    }
    CHECK(near(colourOf(*made.front(), {45, 45, 55, 55}), kRed, 20));
    CHECK(near(colourOf(*made.back(), {45, 45, 55, 55}), kBlue, 20));
    const Colour edge = colourOf(*made.back(), {0, 40, 8, 60});
    if (std::string(fill) == "colour") CHECK(near(edge, {0, 255, 0}, 6));
    if (std::string(fill) == "crop") CHECK(near(edge, kBlue, 20));
  }
}

TEST_CASE("a fitted film for the eye", "[transcoder][.look]") {
  const char* source = std::getenv("CLIPCOURIER_LOOK_SOURCE");
  REQUIRE(source);
  for (const char* shape : {"9:16", "1:1", "4:5", "16:9"})
    for (const char* fill : {"crop", "blur", "colour"}) {
      const auto made = pictures(source, fitted(shape, fill, 50, 50, 0x223344), 960, 40);
      std::string name = std::string(shape) + "-" + fill;
      name[name.find(':')] = 'x';
      keepForTheEye(*made.back(), name);
    }
}
