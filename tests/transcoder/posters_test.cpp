// Posters of sources drawn with Debian's ffmpeg command, looked at with the same.

#include "transcoder/worker/posters.h"

#include <array>
#include <cmath>

#include "support/catch.h"
#include "transcoder/files.h"
#include "transcoder/worker/look.h"
#include "transcoder/worker/shrink.h"

extern "C" {
#include <libavutil/imgutils.h>
}

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

const bool kQuiet = (av_log_set_level(AV_LOG_FATAL), true);  // damage is meant

using Colour = std::array<int, 3>;

// Mean colour of a part of a still picture as 8-bit RGB; `part` is ffmpeg's crop argument.
Colour colourOf(const std::filesystem::path& picture, const std::string& part) {
  const std::string bytes =
      outputOf("ffmpeg -v error -i '" + picture.string() + "' -frames:v 1 -vf crop=" + part +
               ",scale=1:1:flags=area,format=rgb24 -f rawvideo -");
  REQUIRE(bytes.size() == 3);
  return {static_cast<unsigned char>(bytes[0]), static_cast<unsigned char>(bytes[1]),
          static_cast<unsigned char>(bytes[2])};
}

// Of the picture that these filters of ffmpeg make out of a busy, colourful one.
double scoreAfter(const std::string& filters) {
  constexpr int kWidth = 320, kHeight = 180;
  const std::string bytes = outputOf(
      "ffmpeg -v error -f lavfi -i testsrc2=size=320x180 -frames:v 1 -vf 'format=yuv420p," +
      filters + "' -pix_fmt yuv420p -f rawvideo -");
  REQUIRE(bytes.size() == kWidth * kHeight * 3 / 2);
  const Frame frame = newFrame();
  frame->width = kWidth;
  frame->height = kHeight;
  check(av_image_fill_arrays(frame->data, frame->linesize,
                             reinterpret_cast<const std::uint8_t*>(bytes.data()),
                             AV_PIX_FMT_YUV420P, kWidth, kHeight, 1),
        "a picture");
  return posterScore(look(*frame));
}

bool near(const Colour& is, const Colour& wanted, int tolerance = 14) {
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(is[i] - wanted[i]) > tolerance) return false;
  return true;
}

constexpr Colour kRed{255, 0, 0}, kGreen{0, 128, 0}, kBlue{0, 0, 255};

// Colour of a second each, with a single key picture at the start.
std::string colours(const std::string& size) {
  return "-f lavfi -i color=red:size=" + size +
         ":rate=25:duration=1 -f lavfi -i color=green:size=" + size +
         ":rate=25:duration=1 -f lavfi -i color=blue:size=" + size +
         ":rate=25:duration=1 -filter_complex '[0][1][2]concat=n=3,"
         "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,noise=alls=1' "
         "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:v libx264 -g 250 "
         "-sc_threshold 0 ";
}

struct Drawn {
  Folder folder;
  std::filesystem::path path;
  Descriptor file;
  Source source;
  Descriptor poster = openNew(folder / "poster.jpg"), webp = openNew(folder / "poster.webp");
  Descriptor thumbnail = openNew(folder / "thumbnail.jpg"), badge = openNew(folder / "badge.jpg");
  std::vector<Descriptor> candidates;

  explicit Drawn(const std::string& arguments, const std::string& name = "source.mp4")
      : path(folder / name), file(drawn(arguments, path)), source(examine(file.get())) {
    for (int i = 0; i < kMaxCandidates; ++i)
      candidates.push_back(openNew(folder / ("candidate-" + std::to_string(i) + ".jpg")));
  }
  static Descriptor drawn(const std::string& arguments, const std::filesystem::path& path) {
    draw(arguments, path);
    return openToRead(path);
  }
  PictureOutputs files() const {
    PictureOutputs result{poster.get(), webp.get(), thumbnail.get(), badge.get(), {}, -1, -1};
    for (const Descriptor& each : candidates) result.candidates.push_back(each.get());
    return result;
  }
  PosterScene scene() const {
    const auto& video = source.probe.video;
    const Size size = atMost(4096, {video.width, video.height});
    return {file.get(),
            source,
            {source.firstUs, source.scan.videoEndUs},
            size.width,
            size.height,
            [this](const AVCodecParameters& container, int w, int h) {
              return PictureMaker(container, source.orientation, w, h, 0xffffff);
            }};
  }
  Posters find() const { return findPosters(scene(), files()); }
  Posters at(std::int64_t ms) const { return posterAt(scene(), ms, files()); }
  Colour colour(const std::string& name, const std::string& part = "iw/4:ih/4:iw/8:ih/8") const {
    return colourOf(folder / name, part);
  }
};

}  // namespace

TEST_CASE("black, white and fading pictures are no posters when there is a better one",
          "[transcoder]") {
  const Drawn drawn(
      "-f lavfi -i color=black:size=320x180:rate=25:duration=3 "
      "-f lavfi -i testsrc2=size=320x180:rate=25:duration=4 "
      "-f lavfi -i color=white:size=320x180:rate=25:duration=3 "
      "-filter_complex '[1]fade=in:st=0:d=1,fade=out:st=3:d=1[v];[0][v][2]concat=n=3' "
      "-c:v libx264 -pix_fmt yuv420p -g 10");
  const Posters posters = drawn.find();
  CAPTURE(posters.poster.timeMs);
  CHECK(posters.poster.timeMs >= 3'900);
  CHECK(posters.poster.timeMs <= 6'100);
  REQUIRE(posters.chosen >= 0);
  REQUIRE(posters.chosen < static_cast<int>(posters.candidates.size()));
  const Candidate& best = posters.candidates[static_cast<std::size_t>(posters.chosen)];
  CHECK(best.timeMs == posters.poster.timeMs);
  for (const Candidate& each : posters.candidates) CHECK(each.score <= best.score);
}

TEST_CASE("of two pictures the sharp, the colourful and the well exposed one is the better poster",
          "[transcoder]") {
  const double plain = scoreAfter("null");
  CHECK(plain > scoreAfter("gblur=sigma=4"));
  CHECK(plain > scoreAfter("hue=s=0"));
  // As much contrast and as many edges each time, at another brightness.
  const double exposed = scoreAfter("lutyuv=y=val*0.4+75");
  CHECK(exposed > scoreAfter("lutyuv=y=val*0.4+139"));
  CHECK(exposed > scoreAfter("lutyuv=y=val*0.4+10"));
  CHECK(scoreAfter("lutyuv=y=235") < 0.1 * exposed);
  CHECK(scoreAfter("lutyuv=y=16") == 0);
}

TEST_CASE("the poster lies in no cross-fade, even where its pictures are the best exposed",
          "[transcoder]") {
  const auto [first, second] = GENERATE(table<std::string, std::string>({
      {"null", "hflip,vflip"},
      {"lutyuv=y=val*0.4+10", "lutyuv=y=val*0.4+139"},  // from dark to bright
  }));
  CAPTURE(first);
  const std::string bars = "-f lavfi -i smptehdbars=size=320x180:rate=25:duration=4 ";
  const Drawn drawn(bars + bars + "-filter_complex '[0]format=yuv420p," + first +
                    "[a];[1]format=yuv420p," + second +
                    "[b];[a][b]xfade=duration=1:offset=3' -c:v libx264 -pix_fmt yuv420p -g 25");
  const Posters posters = drawn.find();
  CAPTURE(posters.poster.timeMs);
  CHECK((posters.poster.timeMs <= 3'000 || posters.poster.timeMs >= 4'000));
}

TEST_CASE("candidates are spread over the video and no two are alike", "[transcoder]") {
  const Drawn moving(
      "-f lavfi -i mandelbrot=size=160x90:rate=25:end_scale=0.01 -t 12 -c:v libx264 -g 50 "
      "-pix_fmt yuv420p");
  const Posters posters = moving.find();
  CHECK(posters.candidates.size() >= 4);
  for (std::size_t i = 1; i < posters.candidates.size(); ++i)
    CHECK(posters.candidates[i].timeMs > posters.candidates[i - 1].timeMs);
  CHECK(posters.candidates.back().timeMs - posters.candidates.front().timeMs > 4'000);
  for (std::size_t i = 0; i < posters.candidates.size(); ++i)
    CHECK(contentOf(moving.folder / ("candidate-" + std::to_string(i) + ".jpg")).size() ==
          posters.candidates[i].thumbnail.bytes);
  const Drawn still("-f lavfi -i smptehdbars=size=640x360:rate=25:duration=12 -c:v libx264 -g 25");
  CHECK(still.find().candidates.size() == 1);
}

TEST_CASE("the pictures of a poster have the sizes they promise and no metadata", "[transcoder]") {
  const Drawn drawn("-f lavfi -i testsrc2=size=1920x1080:rate=25:duration=1 -c:v libx264");
  const Posters posters = drawn.find();
  CHECK(posters.poster.width == 1280);
  CHECK(posters.poster.height == 720);
  CHECK(posters.posterWebp.width == 1280);
  CHECK(posters.thumbnail.width == 320);
  CHECK(posters.thumbnail.bytes <= kThumbnailLimitBytes);
  CHECK(posters.badge.bytes <= 300'000);
  for (const char* name : {"poster.jpg", "poster.webp", "thumbnail.jpg", "badge.jpg"}) {
    const std::string bytes = contentOf(drawn.folder / name);
    CAPTURE(name);
    CHECK(bytes.size() > 1'000);
    for (const char* mark : {"Exif", "EXIF", "XMP", "Lavc", "ICCP"})
      CHECK(bytes.find(mark) == std::string::npos);
  }
}

TEST_CASE("a chosen moment is found between key pictures, in its colours", "[transcoder]") {
  const Drawn drawn(colours("320x180"));
  const auto [ms, wanted] = GENERATE(
      table<std::int64_t, Colour>({{500, kRed}, {1'500, kGreen}, {2'900, kBlue}, {99'000, kBlue}}));
  CAPTURE(ms);
  const Posters posters = drawn.at(ms);
  CHECK(std::abs(posters.poster.timeMs - std::min<std::int64_t>(ms, 2'960)) <= 40);
  CHECK(posters.candidates.empty());
  CHECK(posters.chosen == -1);
  for (const char* name : {"poster.jpg", "poster.webp", "thumbnail.jpg"}) {
    CAPTURE(name, drawn.colour(name));
    CHECK(near(drawn.colour(name), wanted));
  }
}

TEST_CASE("posters of sources that cannot seek or are cut off", "[transcoder]") {
  SECTION("a raw stream, which has no times") {
    const Drawn drawn(colours("320x180") + "-f h264", "source.h264");
    CHECK(drawn.find().poster.bytes > 0);
    CHECK(drawn.at(1'500).poster.bytes > 0);
    CHECK(near(drawn.colour("poster.jpg"), kGreen));
  }
  SECTION("a transport stream") {
    const Drawn drawn(colours("320x180") + "-g 20 -f mpegts", "source.ts");
    drawn.at(1'500);
    CHECK(near(drawn.colour("poster.jpg"), kGreen));
    drawn.at(500);
    CHECK(near(drawn.colour("poster.jpg"), kRed));
  }
  SECTION("a joined transport stream, whose clock jumps back") {
    Folder parts;
    for (const char* colour : {"red", "green", "blue"})
      draw(std::string("-f lavfi -i color=") + colour +
               ":size=320x180:rate=25:duration=4 -vf "
               "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p -colorspace bt709 "
               "-color_primaries bt709 -color_trc bt709 -c:v libx264 -g 10 -output_ts_offset 100 "
               "-f mpegts",
           parts / colour);
    write(parts / "joined.ts",
          contentOf(parts / "red") + contentOf(parts / "green") + contentOf(parts / "blue"));
    const Descriptor joined = openToRead(parts / "joined.ts");
    const Source source = examine(joined.get());
    REQUIRE(source.scan.clockJumps);
    const Drawn files("-f lavfi -i color=white:size=320x180:rate=25:duration=1 -c:v libx264");
    const PosterScene scene{joined.get(),
                            source,
                            {source.firstUs, source.scan.videoEndUs},
                            320,
                            180,
                            [&](const AVCodecParameters& container, int w, int h) {
                              return PictureMaker(container, source.orientation, w, h, 0);
                            }};
    for (const auto& [ms, wanted] : std::vector<std::pair<std::int64_t, Colour>>{
             {6'000, kGreen}, {10'000, kBlue}, {2'000, kRed}}) {
      CAPTURE(ms);
      posterAt(scene, ms, files.files());
      CHECK(near(files.colour("poster.jpg"), wanted));
    }
    CHECK(findPosters(scene, files.files()).candidates.size() == 3);
  }
  SECTION("a file that ends early") {
    Folder whole;
    draw(colours("320x180") + "-g 10 -f matroska", whole / "whole.mkv");
    const std::string bytes = contentOf(whole / "whole.mkv");
    write(whole / "cut.mkv", bytes.substr(0, bytes.size() / 2));
    const Drawn drawn("-i '" + (whole / "whole.mkv") + "' -c copy", "copy.mkv");
    const Descriptor cut = openToRead(whole / "cut.mkv");
    const Source source = examine(cut.get());
    PosterScene scene = drawn.scene();
    const PosterScene damaged{cut.get(), source, scene.stretch, 320, 180, scene.pictures};
    CHECK(posterAt(damaged, 500, drawn.files()).poster.bytes > 0);
    CHECK(near(drawn.colour("poster.jpg"), kRed));
    CHECK(findPosters(damaged, drawn.files()).poster.bytes > 0);
  }
}

TEST_CASE("the poster of a turned source is upright", "[transcoder]") {
  Folder plain;
  draw(
      "-f lavfi -i color=red:size=160x240:rate=25:duration=1 "
      "-f lavfi -i color=blue:size=160x240:rate=25:duration=1 "
      "-filter_complex '[0][1]hstack' -c:v libx264 -pix_fmt yuv420p",
      plain / "plain.mp4");
  const Drawn drawn("-i '" + (plain / "plain.mp4") + "' -c copy -metadata:s:v rotate=270");
  const int turned = drawn.source.probe.video.rotation;
  REQUIRE((turned == 90 || turned == 270));
  const Posters posters = drawn.find();
  CHECK(posters.poster.width == 240);
  CHECK(posters.poster.height == 320);
  const std::string top = "iw/2:ih/8:iw/8:ih/8", bottom = "iw/2:ih/8:iw/8:ih*3/4";
  CHECK(near(drawn.colour("poster.jpg", turned == 90 ? top : bottom), kRed, 30));
  CHECK(near(drawn.colour("poster.webp", turned == 90 ? bottom : top), kBlue, 30));
}

TEST_CASE("a poster from an HDR film has the clip's colours", "[transcoder]") {
  const std::string transfer = GENERATE("smpte2084", "arib-std-b67");
  CAPTURE(transfer);
  Folder folder;
  OutputFiles files(folder);
  // Red on the left, a bluish gray on the right.
  draw(
      "-f lavfi -i color=white:size=320x240:rate=25:duration=1,format=gbrpf32le "
      "-vf \"format=gbrp16,geq=r='if(lt(X,160),40000,12900)':g='if(lt(X,160),5000,12900)'"
      ":b='if(lt(X,160),5000,25000)',setparams=color_primaries=bt709:color_trc=linear:"
      "colorspace=gbr,zscale=tin=linear:pin=709:min=gbr:rin=full:npl=203:p=2020:m=2020_ncl:"
      "r=limited:t=" +
          transfer +
          ",format=yuv420p10le\" -c:v libx265 -x265-params log-level=none -crf 8 "
          "-color_primaries bt2020 -colorspace bt2020nc -color_trc " +
          transfer + " -tag:v hvc1",
      folder / "source.mp4");
  const Heard heard = transcode(folder / "source.mp4", files.work(whatsapp()));
  REQUIRE(heard.posters);
  draw("-i '" + files.clipPath.string() + "' -vf trim=start=" +
           std::to_string(static_cast<double>(heard.posters->poster.timeMs) / 1000 - 0.01) +
           ",scale=in_color_matrix=bt709:in_range=tv,format=rgb24 -frames:v 1",
       folder / "frame.png");
  for (const char* part : {"120:200:20:20", "120:200:180:20"}) {
    const Colour is = colourOf(files.posterPath, part);
    const Colour wanted = colourOf(folder / "frame.png", part);
    CAPTURE(part, is, wanted);
    CHECK(near(is, wanted, 8));
  }
  const Colour red = colourOf(files.posterPath, "120:200:20:20");
  CHECK(red[0] > red[1] + 60);
}

TEST_CASE("the play sign is seen on dark and on bright pictures", "[transcoder]") {
  const std::string colour = GENERATE("black", "white");
  CAPTURE(colour);
  const Drawn drawn("-f lavfi -i color=" + colour +
                    ":size=640x360:rate=25:duration=1 -c:v libx264 -pix_fmt yuv420p");
  drawn.at(0);
  CHECK(near(drawn.colour("badge.jpg", "8:8:iw/2-4:ih/2-4"), {255, 255, 255}, 6));
  // Left of the triangle the disc is dark, outside of it the picture is as it was.
  const Colour disc = drawn.colour("badge.jpg", "4:4:iw/2-36:ih/2-2");
  CHECK(disc[0] < 120);
  const int plain = colour == "black" ? 0 : 255;
  CHECK(near(drawn.colour("badge.jpg", "8:8:20:20"), {plain, plain, plain}, 4));
}

TEST_CASE("the same source gives the same posters", "[transcoder]") {
  const Drawn drawn("-f lavfi -i testsrc2=size=640x360:rate=30:duration=4 -c:v libx264 -g 15");
  const Posters first = drawn.find();
  CHECK(drawn.find() == first);
}

TEST_CASE("posters carry the logo, in the clip's shape, but no captions and no fades",
          "[transcoder]") {
  const Drawn drawn("-f lavfi -i testsrc2=size=640x360:rate=25:duration=2 -c:v libx264 -g 10");
  draw("-f lavfi -i color=red:size=100x100,format=rgba -frames:v 1", drawn.folder / "logo.png");
  Work work;
  work.inputs.source = drawn.file.get();
  work.pictures = drawn.files();
  work.edits.fit = Edits::Fit{"1:1", "colour", 50, 50, 0x0000ff};
  work.edits.logo = Edits::Logo{"top-left", 20, 0, 100};
  work.edits.fadeInMs = 2'000;
  const Descriptor logo = openToRead(drawn.folder / "logo.png");
  const EditMaterial material = readMaterial(work.edits, -1, logo.get());
  const PosterScene scene = sceneOf(work, drawn.source, drawn.scene().stretch, &material);
  const Posters posters = makePosters(work, scene);
  CHECK(posters.poster.width == posters.poster.height);
  CHECK(near(drawn.colour("poster.jpg", "iw/10:ih/10:iw/40:ih/40"), kRed));  // the logo
  CHECK(near(drawn.colour("poster.jpg", "iw/10:ih/20:iw/2:ih/40"), kBlue));  // the padding
  CHECK(near(drawn.colour("candidate-0.jpg", "iw/10:ih/10:iw/40:ih/40"), kRed));
}
