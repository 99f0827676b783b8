// Several clips of one source, made at once.

#include <fcntl.h>
#include <sched.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "support/catch.h"
#include "transcoder/files.h"
#include "transcoder/worker/clip_maker.h"
#include "transcoder/worker/late_start.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

const char* const kFilm =
    "-f lavfi -i testsrc2=size=1280x720:rate=50:duration=2 "
    "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=2 -c:v mpeg4 -q:v 3 -c:a aac";

// A file for each profile.
struct Clips {
  explicit Clips(std::vector<Profile> wanted) : profiles(std::move(wanted)) {
    for (const Profile& each : profiles) files.push_back(openNew(pathOf(each.name)));
  }
  std::filesystem::path pathOf(const std::string& profile) const { return folder / profile; }
  Work work() const {
    Work work;
    for (std::size_t i = 0; i < profiles.size(); ++i)
      work.renditions.push_back({profiles[i], files[i].get()});
    return work;
  }
  Folder folder;
  std::vector<Profile> profiles;
  std::vector<Descriptor> files;
};

std::vector<Profile> builtIn(const std::vector<std::string>& names) {
  const auto all = builtInProfiles();
  std::vector<Profile> profiles;
  for (const auto& name : names) profiles.push_back(all.at(name));
  return profiles;
}

std::map<std::string, Report> byProfile(const Heard& heard) {
  std::map<std::string, Report> reports;
  for (const Report& each : heard.reports) reports[each.profile] = each;
  return reports;
}

// What makeClips() needs of a source, without the worker's process.
struct Direct {
  explicit Direct(const std::filesystem::path& path)
      : file(openToRead(path)), source(examine(file.get())) {}
  ClipWish wish(const Profile& profile, int fd) const {
    const std::int64_t durationUs = source.scan.videoEndUs - source.firstUs;
    return {profile, plan(profile, source.probe, durationUs), fd, source.firstUs};
  }
  std::vector<Made> make(const std::vector<ClipWish>& wishes) const {
    return makeClips(ClipRun{file.get(), source}, wishes);
  }
  Descriptor file;
  Source source;
};

// Mean difference of two clips' sound, in 16 bits; all of it where one is longer.
double soundDifference(const std::filesystem::path& one, const std::filesystem::path& other) {
  const auto sound = [](const std::filesystem::path& clip) {
    const std::string bytes =
        outputOf("ffmpeg -v error -i '" + clip.string() + "' -f s16le -ac 1 -");
    std::vector<std::int16_t> samples(bytes.size() / 2);
    std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
    return samples;
  };
  const auto a = sound(one), b = sound(other);
  if (a.size() != b.size() || a.empty()) return INT16_MAX;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

// While it lives, this thread and every program that it starts have one processor.
class OneProcessor {
 public:
  OneProcessor() {
    REQUIRE(sched_getaffinity(0, sizeof before_, &before_) == 0);
    std::size_t last = CPU_SETSIZE - 1;  // other tests begin at the first
    while (!CPU_ISSET(last, &before_)) --last;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  }
  ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_;
};

std::string pictureHashes(const std::filesystem::path& clip) {
  return outputOf("ffmpeg -v error -i '" + clip.string() + "' -map 0:v -f framemd5 -");
}

}  // namespace

TEST_CASE("an excerpt from late in a film is the same whether what lies before it is read or not",
          "[transcoder]") {
  const auto [name, codecs] = GENERATE(table<std::string, std::string>({
      {"film.mp4", "-c:v libx264 -preset veryfast -g 50 -bf 3 -x264-params open-gop=1 -c:a aac"},
      {"film.mkv",
       "-c:v libx265 -preset ultrafast -x265-params keyint=50:open-gop=1:bframes=3:"
       "log-level=none -c:a libopus"},
      {"film.ts", "-c:v libx264 -preset veryfast -g 50 -bf 3 -c:a mp2"},
  }));
  CAPTURE(name);
  Folder folder;
  draw(
      "-f lavfi -i testsrc2=size=320x240:rate=25:duration=20 "
      "-f lavfi -i \"aevalsrc='0.4*sin(2*PI*(200+40*t)*t)':s=48000:d=20\" " +
          codecs,
      folder / name);
  Direct direct(folder / name);
  const std::int64_t startUs = direct.source.firstUs + 15'240'000;
  const auto late = lateStart(direct.file.get(), direct.source, startUs, true);
  REQUIRE(late);
  CHECK(late->keyUs >= direct.source.firstUs + 10'000'000);
  const Clips seeking(builtIn({"whatsapp"})), reading(builtIn({"whatsapp"}));
  const Profile& profile = seeking.profiles[0];
  ClipWish wish{profile, plan(profile, direct.source.probe, 2'000'000), seeking.files[0].get(),
                startUs};
  const Made sought = direct.make({wish})[0];
  wish.fd = reading.files[0].get();
  direct.source.scan.clockJumps = true;  // then nothing seeks
  const Made read = direct.make({wish})[0];
  CHECK(sought.damagedPictures == 0);
  CHECK(sought.slots == 50);
  CHECK(read.slots == 50);
  CHECK(sought.pictureEndUs == read.pictureEndUs);
  CHECK(pictureHashes(seeking.pathOf("whatsapp")) == pictureHashes(reading.pathOf("whatsapp")));
  CHECK(soundDifference(seeking.pathOf("whatsapp"), reading.pathOf("whatsapp")) < 200);
}

TEST_CASE("one request makes several clips of a source, each with its own proof", "[transcoder]") {
  Folder folder;
  draw(kFilm, folder / "film.mp4");
  const Clips clips(builtIn({"whatsapp", "telegram", "whatsapp-light", "mms"}));
  const Heard heard = transcode(folder / "film.mp4", clips.work());
  REQUIRE(heard.reports.size() == 4);
  CHECK(heard.reports[0].profile == "whatsapp");  // the first wish comes first
  for (const Report& report : heard.reports) {
    INFO(report.profile << ": " << failures(report));
    CHECK(report.passed);
    CHECK_FALSE(report.passthrough);
    CHECK(report.bytes == std::filesystem::file_size(clips.pathOf(report.profile)));
    REQUIRE(report.quality);
    CHECK(report.quality->ssimPpm > 900'000);
    CHECK(report.quality->ssimPpm <= 1'000'000);
    CHECK(report.quality->psnrMilliDb > 25'000);
  }
  auto reports = byProfile(heard);
  CHECK(reports["whatsapp"].width == 1280);
  CHECK(reports["whatsapp"].frameRate == Fraction{25, 1});
  CHECK(reports["telegram"].frameRate == Fraction{50, 1});  // another rate from the same decode
  CHECK(reports["whatsapp-light"].width < 1280);
  CHECK(reports["whatsapp-light"].frameRate == Fraction{25, 1});
}

TEST_CASE("a profile that allows B-frames gets them, and its clip starts at nothing",
          "[transcoder]") {
  Folder folder;
  draw(kFilm, folder / "film.mp4");
  const Clips clips(builtIn({"telegram"}));
  const Heard heard = transcode(folder / "film.mp4", clips.work());
  REQUIRE(heard.reports.size() == 1);
  INFO(failures(heard.reports[0]));
  CHECK(heard.reports[0].passed);
  const auto facts = ffprobe(clips.pathOf("telegram"));
  std::multiset<std::string> types;
  for (const auto& frame : facts["frames"])
    if (frame["media_type"] == "video") types.insert(frame["pict_type"].get<std::string>());
  CHECK(types.count("B") > 10);
  CHECK(types.size() == 100);
  for (const auto& stream : facts["streams"]) {
    if (stream["codec_type"] == "video") CHECK(stream["profile"] == "High");
    CHECK(std::stod(stream["start_time"].get<std::string>()) == Approx(0).margin(0.001));
  }
}

TEST_CASE("the same request gives the same bytes, whatever the threads do and the processors are",
          "[transcoder]") {
  Folder folder;
  // Noise, so that the byte budget decides about every picture.
  draw(
      "-f lavfi -i 'nullsrc=size=640x360:rate=25:duration=2,geq=random(1)*255:128:128' "
      "-f lavfi -i anoisesrc=duration=2 -c:v libx264 -preset ultrafast -qp 30 -c:a aac",
      folder / "film.mp4");
  std::map<std::string, std::string> first;
  for (int run = 0; run < 3; ++run) {
    const auto alone = run == 2 ? std::make_unique<OneProcessor>() : nullptr;
    const Clips clips(builtIn({"whatsapp", "telegram", "whatsapp-light", "mms"}));
    const Heard heard = transcode(folder / "film.mp4", clips.work());
    REQUIRE(heard.reports.size() + heard.refused.size() == 4);
    REQUIRE(heard.reports.size() >= 3);
    for (const Report& report : heard.reports) {
      CAPTURE(report.profile, run);
      if (run == 0) first[report.profile] = canonicalBytes(report);
      CHECK(canonicalBytes(report) == first[report.profile]);  // it holds the clip's hash
    }
  }
}

TEST_CASE("a clip for the watch page is not made where a sent one shows the same", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=854x480:rate=25:duration=2 -c:v mpeg4 -q:v 3", folder / "a.mp4");
  const Clips clips(builtIn({"whatsapp", "web-480"}));
  const Heard heard = transcode(folder / "a.mp4", clips.work());
  CHECK(heard.reports.size() == 1);
  REQUIRE(heard.served.size() == 1);
  CHECK(heard.served[0].profile == "web-480");
  CHECK(heard.served[0].by == "whatsapp");
  CHECK(std::filesystem::file_size(clips.pathOf("web-480")) == 0);
}

TEST_CASE("a clip with too few bytes or pixels, or too many, serves nobody", "[transcoder]") {
  const std::string sent = GENERATE("mms", "whatsapp");
  Folder folder;
  draw("-f lavfi -i testsrc2=size=1280x720:rate=25:duration=2 -c:v mpeg4 -q:v 3", folder / "a.mp4");
  const Clips clips(builtIn({sent, "web-480"}));
  const Heard heard = transcode(folder / "a.mp4", clips.work());
  CHECK(heard.reports.size() == 2);
  CHECK(heard.served.empty());
}

TEST_CASE("a clip with little sound ends with it, and names a level that holds its pictures",
          "[transcoder]") {
  Folder folder;
  // At 24 kHz the last AAC frame reaches 41 ms beyond the end of these 387 pictures.
  draw(
      "-f lavfi -i testsrc2=size=320x180:rate=10 -f lavfi -i sine=frequency=440 -t 38.7 "
      "-c:v mpeg4 -q:v 4 -c:a aac",
      folder / "long.mp4");
  const Clips clips(builtIn({"mms"}));
  const Heard heard = transcode(folder / "long.mp4", clips.work());
  REQUIRE(heard.reports.size() == 1);
  INFO(failures(heard.reports[0]));
  CHECK(heard.reports[0].passed);
  CHECK(find(heard.reports[0], "audio.sample_rate")->measured == "24000");
  CHECK(find(heard.reports[0], "sync.end")->measured == "0 ms");
  // Each picture refers to five; level 1.1 would hold three of this size.
  CHECK(find(heard.reports[0], "video.level")->measured == "1.2");
}

TEST_CASE("a file that cannot be written ends all clips with its error and no thread waits",
          "[transcoder]") {
  Folder folder;
  draw(kFilm, folder / "film.mp4");
  const Direct direct(folder / "film.mp4");
  const auto profiles = builtIn({"whatsapp", "telegram", "whatsapp-light", "mms"});
  const auto broken = static_cast<std::size_t>(GENERATE(0, 1, 2, 3));
  CAPTURE(profiles[broken].name);
  std::vector<Descriptor> files;
  std::vector<ClipWish> wishes;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    files.push_back(i == broken ? openToRead(folder / "film.mp4")
                                : openNew(folder / profiles[i].name));
    wishes.push_back(direct.wish(profiles[i], files.back().get()));
  }
  CHECK_THROWS_AS(direct.make(wishes), Error);
}

TEST_CASE("a disk that becomes full in the middle ends all clips", "[transcoder]") {
  Folder folder;
  draw(
      "-f lavfi -i 'nullsrc=size=640x360:rate=25:duration=6,geq=random(1)*255:128:128' "
      "-c:v libx264 -preset ultrafast -qp 30",
      folder / "noise.mp4");
  Limits limits;
  limits.output = 400_KB;
  const Clips clips(builtIn({"whatsapp-light", "whatsapp", "telegram"}));
  try {
    transcode(folder / "noise.mp4", clips.work(), Process(Process::besideThisProgram(), limits));
    FAIL("was not stopped");
  } catch (const Error& error) {
    CHECK(error.code() == "transcoder.output_size");
  }
}

TEST_CASE("what a source without pictures leaves behind is no thread", "[transcoder]") {
  Folder folder;
  draw(kFilm, folder / "film.mp4");
  Direct direct(folder / "film.mp4");
  const auto profiles = builtIn({"whatsapp", "telegram"});
  std::vector<Descriptor> files;
  std::vector<ClipWish> wishes;
  for (const Profile& each : profiles) {
    files.push_back(openNew(folder / each.name));
    wishes.push_back(direct.wish(each, files.back().get()));
  }
  for (ClipWish& each : wishes) each.plan.slots = 0;  // none of its pictures is wanted
  CHECK_THROWS(direct.make(wishes));
}
