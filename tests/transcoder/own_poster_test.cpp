// Pictures that people upload for a poster, drawn with Debian's ffmpeg command and cwebp.

#include "transcoder/worker/own_poster.h"

#include <array>
#include <cmath>

#include "support/catch.h"
#include "transcoder/files.h"
#include "transcoder/worker/exif.h"
#include "transcoder/worker/refusals.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

using Yuv = std::array<int, 3>;
constexpr Yuv kRed{63, 102, 240}, kBlue{32, 240, 118}, kGreen{95, 85, 77}, kWhite{235, 128, 128};

// Red left, blue right.
constexpr const char* kRedBlue =
    "-f lavfi -i color=red:size=SIZE -f lavfi -i color=blue:size=SIZE -filter_complex "
    "'[0][1]hstack,format=rgb24' -frames:v 1 ";

std::string redBlue(const std::string& half) {
  std::string text = kRedBlue;
  for (auto at = text.find("SIZE"); at != std::string::npos; at = text.find("SIZE"))
    text.replace(at, 4, half);
  return text;
}

Frame read(const std::filesystem::path& path, Size clip, std::uint32_t background = 0xffffff) {
  return readOwnPoster(openToRead(path).get(), clip, background);
}

// `x` and `y`: per cent of the sides.
bool isAt(const AVFrame& picture, int x, int y, const Yuv& wanted, int tolerance = 8) {
  const int column = picture.width * x / 100, row = picture.height * y / 100;
  const int is[3] = {picture.data[0][row * picture.linesize[0] + column],
                     picture.data[1][row / 2 * picture.linesize[1] + column / 2],
                     picture.data[2][row / 2 * picture.linesize[2] + column / 2]};
  CAPTURE(is[0], is[1], is[2]);
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(is[i] - wanted[i]) > tolerance) return false;
  return true;
}

std::string codeOf(const std::filesystem::path& path) {
  try {
    read(path, {320, 180});
  } catch (const Refused& refused) {
    return refused.refusal().code;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("an own poster comes out in its colours, whatever kind of file it is", "[transcoder]") {
  const std::string name = GENERATE("p.jpg", "p.png", "p.webp");
  CAPTURE(name);
  Folder folder;
  draw(redBlue("320x360") + (name == "p.jpg" ? "-pix_fmt yuvj444p -q:v 1" : "-compression_level 4"),
       folder / name);
  const Frame poster = read(folder / name, {1280, 720});
  CHECK(poster->width == 640);
  CHECK(poster->height == 360);
  CHECK(isAt(*poster, 20, 50, kRed));
  CHECK(isAt(*poster, 80, 50, kBlue));
}

TEST_CASE("an own poster gets the clip's shape", "[transcoder]") {
  Folder folder;
  draw(redBlue("1800x2400"), folder / "wide.png");  // 3600 x 2400
  const Frame cropped = read(folder / "wide.png", {1080, 1080});
  CHECK(cropped->width == 1280);
  CHECK(cropped->height == 1280);
  CHECK(isAt(*cropped, 5, 5, kRed));  // no bars
  const Frame padded = read(folder / "wide.png", {720, 1280});
  CHECK(padded->width == 720);
  CHECK(padded->height == 1280);
  CHECK(isAt(*padded, 5, 50, kRed));  // all of it is there
  CHECK(isAt(*padded, 95, 50, kBlue));
  CHECK_FALSE(isAt(*padded, 5, 5, {16, 128, 128}));  // and no black around it
}

TEST_CASE("transparent parts of an own poster show the background", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i color=red@0.0:size=320x180,format=rgba -frames:v 1", folder / "clear.png");
  CHECK(isAt(*read(folder / "clear.png", {320, 180}), 50, 50, kWhite));
  CHECK(isAt(*read(folder / "clear.png", {320, 180}, 0x008000), 50, 50, kGreen));
}

TEST_CASE("an own poster is turned as its EXIF data says", "[transcoder]") {
  Folder folder;
  draw(redBlue("160x180") + "-pix_fmt yuvj420p -q:v 1", folder / "plain.jpg");  // 320 x 180
  const std::string jpeg = contentOf(folder / "plain.jpg");
  // Where red is seen, in per cent, and how the orientation reads.
  const auto [tag, wanted, x, y] = GENERATE(table<int, Orientation, int, int>({
      {1, {0, false}, 20, 50},
      {2, {0, true}, 80, 50},
      {3, {180, false}, 80, 50},
      {4, {180, true}, 20, 50},
      {5, {270, true}, 50, 20},
      {6, {90, false}, 50, 20},
      {7, {90, true}, 50, 80},
      {8, {270, false}, 50, 80},
  }));
  CAPTURE(tag);
  const std::string turned = withExif(jpeg, exifOf(tag));
  CHECK(exifOrientation(turned) == wanted);
  write(folder / "turned.jpg", turned);
  const bool upright = tag <= 4;
  const Frame poster = read(folder / "turned.jpg", upright ? Size{320, 180} : Size{180, 320});
  CHECK(poster->width == (upright ? 320 : 180));
  CHECK(isAt(*poster, x, y, kRed));
  CHECK(isAt(*poster, 100 - x, 100 - y, kBlue));
}

TEST_CASE("EXIF data that makes no sense turns nothing", "[transcoder]") {
  const std::string whole = withExif("\xff\xd8\xff\xda", exifOf(6));
  CHECK(exifOrientation(whole) == Orientation{90, false});
  for (std::size_t length = 0; length < whole.size() - 8; ++length)
    CHECK((exifOrientation(whole.substr(0, length)) == Orientation{} ||
           exifOrientation(whole.substr(0, length)) == Orientation{90, false}));
  CHECK(exifOrientation(withExif("\xff\xd8", exifOf(9))) == Orientation{});
  CHECK(exifOrientation(withExif("\xff\xd8", "MM\x00\x2a\xff\xff\xff\xff")) == Orientation{});
  std::string png(
      "\x89PNG\r\n\x1a\n\0\0\0\x1a"
      "eXIf",
      16);
  CHECK(exifOrientation(png + exifOf(3) + "crc!") == Orientation{180, false});
  std::string webp("RIFF\x30\0\0\0WEBPEXIF\x1a\0\0\0", 20);
  CHECK(exifOrientation(webp + exifOf(8)) == Orientation{270, false});
}

TEST_CASE("what is no usable picture is refused as an own poster", "[transcoder]") {
  Folder folder;
  write(folder / "empty", "");
  write(folder / "text", "GIF89a is not taken");
  write(folder / "huge", "\x89PNG\r\n\x1a\n" + std::string(kMaxOwnPosterBytes, 'x'));
  draw(redBlue("160x180"), folder / "whole.png");
  const std::string png = contentOf(folder / "whole.png");
  write(folder / "cut.png", png.substr(0, 60));
  std::string bomb = png;
  bomb.replace(16, 8, std::string("\0\0\xff\xff\0\0\xff\xff", 8));
  write(folder / "bomb.png", bomb);
  draw("-f lavfi -i testsrc2=size=640x640 -frames:v 1", folder / "photo.jpg");
  const std::string photo = contentOf(folder / "photo.jpg");
  write(folder / "cut.jpg", photo.substr(0, photo.size() / 2));
  draw("-f lavfi -i testsrc2=size=64x64:rate=5:duration=1 -c:v libwebp_anim",
       folder / "moves.webp");
  draw("-f lavfi -i color=red:size=1200x4 -frames:v 1", folder / "narrow.png");
  for (const char* name :
       {"empty", "text", "huge", "cut.png", "cut.jpg", "bomb.png", "moves.webp", "narrow.png"}) {
    CAPTURE(name);
    CHECK(codeOf(folder / name) == "poster.unreadable");
  }
  CHECK(codeOf(folder / "whole.png") == "accepted");
}

TEST_CASE("the program makes posters of an own picture and nothing else", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 -c:v libx264", folder / "source.mp4");
  draw(redBlue("160x180") + "-pix_fmt yuvj420p", folder / "own.jpg");
  const Descriptor source = openToRead(folder / "source.mp4"), own = openToRead(folder / "own.jpg");
  const Descriptor poster = openNew(folder / "poster.jpg"), badge = openNew(folder / "badge.jpg");
  Work work;
  work.inputs.source = source.get();
  work.inputs.posterImage = own.get();
  work.pictures.poster = poster.get();
  work.pictures.badge = badge.get();
  std::optional<Posters> posters;
  Listener listener;
  listener.posters = [&](const Posters& made) { posters = made; };
  Process().transcode(work, listener);
  REQUIRE(posters);
  CHECK(posters->poster.width == 320);
  CHECK(posters->poster.bytes == contentOf(folder / "poster.jpg").size());
  CHECK(posters->badge.bytes == contentOf(folder / "badge.jpg").size());
  CHECK(posters->thumbnail.bytes == 0);
  CHECK(posters->chosen == -1);
  write(folder / "own.jpg", "\xff\xd8\xff no picture");
  CHECK_THROWS_AS(Process().transcode(work, listener), RefusedInput);
}
