// Sources that need no second encode.

#include <algorithm>

#include "support/catch.h"
#include "transcoder/files.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

const char* const kColours =
    "-pix_fmt yuv420p -color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709 ";

std::string film(const std::string& video, const std::string& audio = "-c:a aac -ac 2 -b:a 96k") {
  return "-f lavfi -i testsrc2=size=640x360:rate=25:duration=3 "
         "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=3 -c:v libx264 " +
         std::string(kColours) + video + " " + audio + " -metadata title=Secret ";
}

const char* const kMain = "-profile:v main -bf 0 -crf 26";

// As a phone of Apple's writes it: keys with names of their own, and a place in two forms.
const char* const kTelling =
    "-movflags use_metadata_tags -metadata location=+52.5200+013.4050/ "
    "-metadata com.apple.quicktime.location.ISO6709=+48.1372+011.5755+520.0/ "
    "-metadata com.apple.quicktime.make=Apfelbauer -metadata com.apple.quicktime.model=Telefon-XIV "
    "-metadata com.apple.quicktime.author=Erika.Musterfrau ";

// One decoded hash for all pictures of a file.
std::string picturesOf(const std::filesystem::path& path) {
  return outputOf("ffmpeg -v error -i '" + path.string() + "' -map 0:v -f md5 -");
}

// From the decoder configuration, which has one.
std::string spsOf(const std::string& mp4) {
  const std::size_t at = mp4.find("avcC") + 4 + 6;
  return mp4.substr(at + 2, static_cast<unsigned char>(mp4[at + 1]));
}

Heard heardOf(const std::string& source, const Folder& folder, const OutputFiles& files,
              const Edits& edits = {}) {
  draw(source, folder / "source.mp4");
  Work work = files.work(whatsapp());
  work.edits = edits;
  const Heard heard = transcode(folder / "source.mp4", work);
  for (const Report& report : heard.reports) checkWords(report);
  return heard;
}

// What the film says of itself instead of its own level; 40 is 4.0.
void setLevel(std::string& mp4, int level) {
  const std::size_t avcC = mp4.find("avcC") + 4;
  mp4[avcC + 3] = static_cast<char>(level);
  mp4[avcC + 8 + 3] = static_cast<char>(level);  // of the sequence parameter set
}

std::string sentence(const Report& report, const std::string& code) {
  for (const Notice& each : report.repaired)
    if (each.code == code) return each.words.en;
  return "";
}

}  // namespace

TEST_CASE("a source that conforms already keeps its pictures, and loses its metadata",
          "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  const Heard heard = heardOf(film(kMain) + kTelling, folder, files);
  REQUIRE(heard.reports.size() == 1);
  const Report& report = heard.reports[0];
  INFO(failures(report));
  CHECK(report.passed);
  CHECK(report.passthrough);
  CHECK_FALSE(report.quality);
  CHECK(sentence(report, "repair.passed_through").find("sound was made anew") != std::string::npos);
  CHECK(hasNotice(report.repaired, "repair.metadata"));
  checkAgainstFfprobe(report, files.clipPath);
  CHECK(picturesOf(folder / "source.mp4") == picturesOf(files.clipPath));
  const std::string source = contentOf(folder / "source.mp4"), clip = contentOf(files.clipPath);
  // libav signs its AAC in a fill element, as Lavc.
  for (const char* word :
       {"x264", "Lavf", "Lavc", "Secret", "location", "+52.5200", "+48.1372", "ISO6709",
        "com.apple.quicktime", "Apfelbauer", "Telefon-XIV", "Erika.Musterfrau"}) {
    CAPTURE(word);
    CHECK(source.find(word) != std::string::npos);
    CHECK(clip.find(word) == std::string::npos);
  }
}

TEST_CASE("of a silent source that conforms nothing is said about sound", "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  const Heard heard = heardOf(film(kMain, "-an"), folder, files);
  REQUIRE(heard.reports.size() == 1);
  CHECK(heard.reports[0].passthrough);
  CHECK_FALSE(heard.reports[0].hasAudio);
  const std::string words = sentence(heard.reports[0], "repair.passed_through");
  CHECK(words.find("bit for bit") != std::string::npos);
  CHECK(words.find("sound") == std::string::npos);
}

TEST_CASE("a source that names too low a level for its pictures is encoded", "[transcoder]") {
  // 640x360 at 25 a second need 3.0, with nine of them kept 3.1.
  const auto [references, level, kept] = GENERATE(table<int, int, bool>(
      {{3, 22, false}, {3, 30, true}, {3, 31, true}, {9, 30, false}, {9, 31, true}}));
  CAPTURE(references, level);
  Folder folder;
  OutputFiles files(folder);
  draw(film(kMain + (" -refs " + std::to_string(references))), folder / "source.mp4");
  std::string source = contentOf(folder / "source.mp4");
  setLevel(source, level);
  write(folder / "source.mp4", source);
  const Heard heard = transcode(folder / "source.mp4", files.work(whatsapp()));
  REQUIRE(heard.reports.size() == 1);
  INFO(failures(heard.reports[0]));
  CHECK(heard.reports[0].passed);
  CHECK(heard.reports[0].passthrough == kept);
}

TEST_CASE("parameter sets that stand in the stream too do not stay there", "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  draw(film(std::string(kMain) + " -bsf:v dump_extra=freq=keyframe"), folder / "source.mp4");
  std::string source = contentOf(folder / "source.mp4");
  const std::string sps = spsOf(source);
  const std::size_t inStream = source.find(sps, source.find("mdat"));
  REQUIRE(source.find("mdat") < source.find("avcC"));
  REQUIRE(inStream < source.find("avcC"));
  SECTION("the same ones are left away") {
    const Heard heard = transcode(folder / "source.mp4", files.work(whatsapp()));
    REQUIRE(heard.reports.size() == 1);
    INFO(failures(heard.reports[0]));
    CHECK(heard.reports[0].passthrough);
    CHECK(picturesOf(folder / "source.mp4") == picturesOf(files.clipPath));
    const std::string clip = contentOf(files.clipPath);
    CHECK(clip.find(sps, clip.find("mdat")) == std::string::npos);
  }
  SECTION("another one makes the pictures be encoded") {
    source[inStream + 3] = static_cast<char>(source[inStream + 3] + 1);  // its level
    write(folder / "source.mp4", source);
    const Heard heard = transcode(folder / "source.mp4", files.work(whatsapp()));
    REQUIRE(heard.reports.size() == 1);
    CHECK(heard.reports[0].passed);
    CHECK_FALSE(heard.reports[0].passthrough);
  }
}

TEST_CASE("words behind the parameter sets make the pictures be encoded", "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  draw(film(kMain), folder / "source.mp4");
  std::string source = contentOf(folder / "source.mp4");
  // The picture parameter set takes the place of the box that follows, which is not needed.
  const std::size_t avcC = source.find("avcC") + 4;
  const std::size_t spsSize = static_cast<unsigned char>(source[avcC + 7]);
  const std::size_t size = avcC + 8 + spsSize + 2;  // low byte of the picture set's
  const std::size_t ppsSize = static_cast<unsigned char>(source[size]);
  const std::size_t next = size + 1 + ppsSize;  // "colr" or "pasp"
  const std::size_t room = 8 + 6;
  REQUIRE(source.substr(next + 4, 4).find_first_not_of("abcdefghijklmnopqrstuvwxyz") ==
          std::string::npos);
  REQUIRE(static_cast<unsigned char>(source[next + 3]) >= room);
  const std::size_t taken = static_cast<unsigned char>(source[next + 3]);
  source[size] = static_cast<char>(ppsSize + taken);
  source[avcC - 5] = static_cast<char>(static_cast<unsigned char>(source[avcC - 5]) + taken);
  std::fill_n(source.begin() + static_cast<long>(next), taken, 'S');
  write(folder / "source.mp4", source);
  const Heard heard = transcode(folder / "source.mp4", files.work(whatsapp()));
  REQUIRE(heard.reports.size() == 1);
  INFO(failures(heard.reports[0]));
  CHECK(heard.reports[0].passed);
  CHECK_FALSE(heard.reports[0].passthrough);
  CHECK(contentOf(files.clipPath).find("SSSS") == std::string::npos);
}

TEST_CASE("only the sound is encoded again where the pictures conform", "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  const Heard heard = heardOf(film(kMain, "-c:a mp3 -ar 44100"), folder, files);
  REQUIRE(heard.reports.size() == 1);
  INFO(failures(heard.reports[0]));
  CHECK(heard.reports[0].passed);
  CHECK(heard.reports[0].passthrough);
  checkAgainstFfprobe(heard.reports[0], files.clipPath);
  CHECK(picturesOf(folder / "source.mp4") == picturesOf(files.clipPath));
}

TEST_CASE("B-frames pass where the profile allows them", "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  draw(film("-profile:v high -bf 3 -crf 26"), folder / "source.mp4");
  const Heard heard =
      transcode(folder / "source.mp4", files.work(builtInProfiles().at("telegram")));
  REQUIRE(heard.reports.size() == 1);
  INFO(failures(heard.reports[0]));
  CHECK(heard.reports[0].passed);
  CHECK(heard.reports[0].passthrough);
  CHECK(picturesOf(folder / "source.mp4") == picturesOf(files.clipPath));
}

TEST_CASE("what does not conform in one point is encoded", "[transcoder]") {
  Folder folder;
  OutputFiles files(folder);
  Edits edits;
  std::string source;
  SECTION("B-frames") { source = film("-profile:v main -bf 2 -crf 26"); }
  SECTION("another profile") { source = film("-profile:v high -bf 0 -crf 26"); }
  SECTION("full range") { source = film(std::string(kMain) + " -color_range pc"); }
  SECTION("an edit") {
    source = film(kMain);
    edits.mute = true;
  }
  SECTION("a changing frame rate") {
    source = film(std::string(kMain) + " -vf 'select=not(between(n\\,20\\,50))' -vsync vfr");
  }
  SECTION("too large") { source = film("-profile:v main -bf 0 -crf 26 -vf scale=1920:1080"); }
  SECTION("too fast") { source = film(std::string(kMain) + " -r 50"); }
  const Heard heard = heardOf(source, folder, files, edits);
  REQUIRE(heard.reports.size() == 1);
  INFO(failures(heard.reports[0]));
  CHECK(heard.reports[0].passed);
  CHECK_FALSE(heard.reports[0].passthrough);
}
