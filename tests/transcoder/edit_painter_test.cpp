// Logo and fades on pictures, measured.

#include "transcoder/worker/edit_painter.h"

#include "support/catch.h"
#include "transcoder/drawn_picture.h"
#include "transcoder/worker/fonts.h"
#include "transcoder/worker/logo.h"
#include "transcoder/worker/look.h"
#include "transcoder/worker/refusals.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

Frame readDrawnLogo(const std::string& arguments, const std::string& name) {
  Folder folder;
  draw(arguments, folder / name);
  return readLogo(openToRead(folder / name).get());
}

// Green with a round hole of nothing in the middle; what is transparent is white underneath.
const std::string kRing =
    "-f lavfi -i color=0x00c000:size=200x100 -frames:v 1 -vf \"format=rgba,geq="
    "r='if(lt(hypot(X-100,Y-50),30),255,r(X,Y))':g='if(lt(hypot(X-100,Y-50),30),255,g(X,Y))':"
    "b='if(lt(hypot(X-100,Y-50),30),255,b(X,Y))':a='if(lt(hypot(X-100,Y-50),30),0,255)'\"";

Edits::Logo logoAt(const std::string& corner, int opacity = 100) {
  return {corner, 20, 5, opacity};
}

Frame withLogo(const Frame& logo, const Edits::Logo& wish, std::uint32_t background = 0x400040) {
  Edits edits;
  edits.logo = wish;
  EditMaterial material;
  material.logo = share(*logo);
  EditPainter painter(edits, material, 0, 1'000'000);
  CHECK(painter.draws());
  Frame frame = plainPicture(400, 400, background);
  painter.paint(*frame, 0);
  return frame;
}

std::string refusalOf(const std::string& content) {
  Folder folder;
  write(folder / "logo", content);
  try {
    readLogo(openToRead(folder / "logo").get());
  } catch (const Refused& refused) {
    CHECK_FALSE(refused.refusal().hint.de.empty());
    return refused.refusal().code;
  }
  return "";
}

}  // namespace

TEST_CASE("a logo stands in its corner and keeps its holes", "[transcoder]") {
  const auto [name, extra] = GENERATE(table<std::string, std::string>(
      {{"logo.png", ""}, {"logo.webp", " -c:v libwebp -lossless 1"}}));
  const Frame logo = readDrawnLogo(kRing + extra, name);
  const Frame frame = withLogo(logo, logoAt("bottom-right"));
  // 80x40 pixels, 20 from both sides: x 300..379, y 340..379.
  CHECK(near(colourOf(*frame, {76, 86, 80, 94}), {0, 0xc0, 0}, 6));
  CHECK(near(colourOf(*frame, {83, 88, 87, 92}), {0x40, 0, 0x40}, 6));  // through the hole
  CHECK(near(colourOf(*frame, {96, 80, 100, 100}), {0x40, 0, 0x40}, 3));
  CHECK(near(colourOf(*frame, {0, 0, 70, 80}), {0x40, 0, 0x40}, 3));
}

TEST_CASE("every corner, a margin, and a logo half seen through", "[transcoder]") {
  const Frame logo = readDrawnLogo(kRing, "logo.png");
  CHECK(near(colourOf(*withLogo(logo, logoAt("top-left")), {6, 6, 10, 14}), {0, 0xc0, 0}, 6));
  CHECK(near(colourOf(*withLogo(logo, logoAt("top-right")), {76, 6, 80, 14}), {0, 0xc0, 0}, 6));
  CHECK(near(colourOf(*withLogo(logo, logoAt("bottom-left")), {6, 86, 10, 94}), {0, 0xc0, 0}, 6));
  CHECK(near(colourOf(*withLogo(logo, logoAt("top-left", 50)), {6, 6, 10, 14}), {0x20, 0x60, 0x20},
             6));
}

TEST_CASE("the rim of a hole shows no colour of pixels nobody sees", "[transcoder]") {
  // White under the hole would make a light ring on a dark picture.
  const Frame frame = withLogo(readDrawnLogo(kRing, "logo.png"), logoAt("top-left"), 0x000000);
  int brightest = 0;
  for (int y = 20; y < 60; ++y)
    for (int x = 20; x < 100; ++x)
      brightest = std::max<int>(brightest, frame->data[0][y * frame->linesize[0] + x]);
  CHECK(brightest <= toYuv(0x00c000).y + 3);
}

TEST_CASE("a JPEG logo has its colours, a tall one its limit", "[transcoder]") {
  const Frame jpeg = readDrawnLogo(
      "-f lavfi -i color=0xc04020:size=300x150 -frames:v 1 -q:v 2 -pix_fmt yuvj444p", "logo.jpg");
  CHECK(near(colourOf(*withLogo(jpeg, logoAt("top-left")), {6, 6, 14, 14}), {0xc0, 0x40, 0x20}, 8));
  const Frame tall = readDrawnLogo("-f lavfi -i color=red:size=20x900 -frames:v 1", "tall.png");
  const Stamp stamp = makeStamp(*tall, logoAt("top-left"), 400, 400);
  CHECK(stamp.height <= 160);
  CHECK(stamp.width >= 1);
}

TEST_CASE("a logo is turned as its EXIF data says", "[transcoder]") {
  Folder folder;
  draw(
      "-f lavfi -i color=red:size=60x80 -f lavfi -i color=blue:size=60x80 -filter_complex "
      "'[0][1]hstack' -frames:v 1 -q:v 2 -pix_fmt yuvj420p",
      folder / "logo.jpg");  // 120 x 80, red left
  const std::string jpeg = contentOf(folder / "logo.jpg");
  write(folder / "logo.jpg", withExif(jpeg, exifOf(6)));  // a quarter to the right
  const Frame logo = readLogo(openToRead(folder / "logo.jpg").get());
  REQUIRE(logo->width == 80);
  REQUIRE(logo->height == 120);
  const auto pixel = [&](int y) { return logo->data[0] + y * logo->linesize[0] + 40 * 4; };
  CHECK(pixel(20)[0] > 200);
  CHECK(pixel(100)[2] > 200);
}

TEST_CASE("what is no logo is refused", "[transcoder]") {
  Folder folder;
  draw(kRing, folder / "logo.png");
  const std::string png = contentOf(folder / "logo.png");
  CHECK(refusalOf("") == "logo.unreadable");
  CHECK(refusalOf("RIFF") == "logo.unreadable");
  CHECK(refusalOf("<svg xmlns='http://www.w3.org/2000/svg'/>") == "logo.unreadable");
  CHECK(refusalOf(png.substr(0, 60)) == "logo.unreadable");
  std::string huge = png;  // its header says 65535 x 65535
  for (const std::size_t at : {16u, 20u}) huge.replace(at, 4, std::string("\0\0\xff\xff", 4));
  CHECK(refusalOf(huge) == "logo.unreadable");
  draw("-f lavfi -i testsrc2=size=64x64:rate=5:duration=1 -c:v libwebp_anim",
       folder / "moves.webp");
  CHECK(refusalOf(contentOf(folder / "moves.webp")) == "logo.unreadable");
  CHECK(refusalOf(std::string(kMaxLogoBytes + 1, 'x')) == "logo.unreadable");
}

TEST_CASE("a fade-in never begins in the dark", "[transcoder]") {
  Edits edits;
  edits.fadeInMs = edits.fadeOutMs = 500;
  const std::uint32_t colour = GENERATE(0xffffffu, 0x808080u, 0x303030u);
  EditPainter painter(edits, {}, 0, 2'000'000);
  CHECK(painter.draws());
  const auto at = [&](std::int64_t us) {
    Frame frame = plainPicture(64, 64, colour);
    painter.paint(*frame, us);
    return frame;
  };
  const Look first = look(*at(0));
  CHECK_FALSE(isDark(first));
  const double full = look(*at(1'000'000)).brightness;
  CHECK(look(*at(500'000)).brightness == Approx(full).margin(0.01));
  CHECK(look(*at(250'000)).brightness <= full);
  CHECK(look(*at(1'750'000)).brightness == Approx(full / 2).margin(0.02));
  CHECK(look(*at(1'960'000)).brightness < 0.1);
  if (colour == 0xffffff) CHECK(first.brightness < 0.45);  // a fade all the same
}

TEST_CASE("a painter says how long a picture stays as it is", "[transcoder]") {
  loadFonts();
  Edits edits;
  edits.fadeInMs = 500;
  edits.fadeOutMs = 1000;
  edits.captions = "srt";
  EditMaterial material;
  material.captions = {{3'000, 4'000, {{"Hallo", false, false}}, {}}};
  EditPainter painter(edits, material, 1'000, 10'000'000);  // the clip begins at 1 s of the source
  CHECK(painter.sameUntil(0) == 1);
  Frame frame = plainPicture(400, 400, 0x606060);
  painter.paint(*frame, 0);
  CHECK(painter.sameUntil(600'000) == 2'000'000);
  CHECK(painter.sameUntil(2'000'000) == 3'000'000);
  CHECK(painter.sameUntil(3'000'000) == 9'000'000);
  CHECK(painter.sameUntil(9'500'000) == 9'500'001);
}

TEST_CASE("without edits nothing is painted", "[transcoder]") {
  EditPainter painter({}, {}, 0, 1'000'000);
  CHECK_FALSE(painter.draws());
  CHECK(painter.sameUntil(0) == INT64_MAX);
}

TEST_CASE("wrong captions refuse the work with their line", "[transcoder]") {
  Folder folder;
  write(folder / "c.srt", "1\n00:01,0 --> soon\nx\n");
  Edits edits;
  edits.captions = "srt";
  try {
    readMaterial(edits, openToRead(folder / "c.srt").get(), -1);
    FAIL("taken");
  } catch (const Refused& refused) {
    CHECK(refused.refusal().code == "captions.invalid");
    CHECK(refused.refusal().what.de.find("Zeile 2") != std::string::npos);
    CHECK(refused.refusal().what.en.find("line 2") != std::string::npos);
    CHECK(refused.refusal().what.de.find("das ist keine Zeit wie") != std::string::npos);
    CHECK(refused.refusal().what.en.find("is no time like") != std::string::npos);
  }
}
