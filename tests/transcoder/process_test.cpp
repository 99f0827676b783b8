#include "transcoder/process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/catch.h"
#include "support/skip.h"
#include "support/small_disk.h"
#include "support/wait_for.h"
#include "transcoder/files.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/refusals.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;
using namespace std::chrono_literals;

namespace {

const char* const kMoving = "-f lavfi -i testsrc2=size=640x360:rate=25:duration=3";
const char* const kMovingWithSound =
    "-f lavfi -i testsrc2=size=640x360:rate=25:duration=3 "
    "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=3 -shortest";

// A program in the worker's place that plays a part.
std::filesystem::path actor(const Folder& folder, const std::string& part) {
  const std::filesystem::path path = folder / "actor";
  write(path, "#!/bin/sh\n" + part + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

Error errorOf(const Process& process, const Folder& folder, const Cancelled& cancelled = {}) {
  write(folder / "source", "bytes");
  try {
    process.probe(openToRead(folder / "source").get(), cancelled);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::notFound, "no error at all");
}

// Only what is refused without decoding all of it.
Refusal refusalOf(const std::filesystem::path& source) {
  Limits limits;
  limits.cpu = std::chrono::seconds{20};
  try {
    Process(Process::besideThisProgram(), limits).probe(openToRead(source).get());
  } catch (const RefusedInput& refused) {
    return refused.refusal();
  }
  return {};
}

// So many pictures of 7680x4320, each of which changes one pixel.
std::string gifBomb(int pictures) {
  const std::string_view control("\x21\xf9\x04\x04\x02\x00\x00\x00", 8);
  const std::string_view pixel("\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0", 15);
  std::string gif("GIF89a\x00\x1e\xe0\x10\x80\0\0\0\0\0\xff\xff\xff", 19);
  for (int i = 0; i < pictures; ++i) gif.append(control).append(pixel);
  return gif + ";";
}

std::string littleEndian(std::size_t value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 255);
  return text;
}

std::string riffChunk(const std::string& name, const std::string& content) {
  return name + littleEndian(content.size(), 4) + content;
}

// The same as WebP.
std::string webpBomb(int pictures) {
  const std::string canvas = littleEndian(7680 - 1, 3) + littleEndian(4320 - 1, 3);
  const std::string pixel = riffChunk("VP8L", std::string("\x2f\0\0\0\0\x88\x88\x08", 8));
  const std::string shape(12, '\0'), forMs = littleEndian(40, 3), flags(1, '\0');
  std::string webp = "WEBP" + riffChunk("VP8X", littleEndian(2, 4) + canvas) +
                     riffChunk("ANIM", std::string(6, '\0'));
  for (int i = 0; i < pictures; ++i) webp += riffChunk("ANMF", shape + forMs + flags + pixel);
  return riffChunk("RIFF", webp);
}

// A film of one picture in 4K and so many packets of a byte that show it again.
std::string filmBomb(const Folder& folder, std::size_t repetitions) {
  draw(
      "-f lavfi -i color=red:size=3840x2160:rate=25 -frames:v 1 -c:v libvpx-vp9 "
      "-deadline realtime -cpu-used 8 -pix_fmt yuv420p",
      folder / "one.ivf");
  std::string film = contentOf(folder / "one.ivf");
  for (std::size_t i = 1; i <= repetitions; ++i)
    film.append(littleEndian(1, 4)).append(littleEndian(i, 8)).append("\x88");
  return film;
}

// Throws Refused as for a source with so many pictures.
void refuseMany(const std::string& codec, int width, int height, std::int64_t pictures) {
  Scan scan;
  scan.videoPackets = pictures;
  Probe::Video video;
  video.codec = codec;
  video.storedWidth = width;
  video.storedHeight = height;
  refuseBomb(scan, video);
}

// An AV1 film whose sample entry also holds a Dolby Vision record. Its index must stand behind the
// pictures, so that none of them moves.
std::string withDolbyVision(std::string film, int profile, int compatibility) {
  std::string box(
      "\0\0\0\x20"
      "dvvC\x01\0",
      10);
  box += static_cast<char>(profile << 1);
  box += '\x0d';  // level 1, with metadata and a base layer
  box += static_cast<char>(compatibility << 4);
  box.resize(32, '\0');
  const std::size_t moov = film.rfind("moov");
  for (const char* name : {"moov", "trak", "mdia", "minf", "stbl", "stsd", "av01"}) {
    const std::size_t size = film.find(name, moov) - 2;  // none is larger than 64 KiB
    const int grown = (static_cast<unsigned char>(film[size]) << 8) +
                      static_cast<unsigned char>(film[size + 1]) + 32;
    film[size] = static_cast<char>(grown >> 8);
    film[size + 1] = static_cast<char>(grown);
  }
  return film.insert(film.find("av1C", moov) - 4, box);
}

bool isGone(pid_t pid) {
  const std::string stat = contentOf("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || stat.find(") Z ") != std::string::npos;
}

int openDescriptors() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder)) ++count;
  closedir(folder);
  return count;
}

}  // namespace

TEST_CASE("a video becomes a clip with pictures and a proof that ffprobe agrees with",
          "[transcoder]") {
  Folder folder;
  draw(std::string(kMovingWithSound) +
           " -metadata title=Secret -metadata location=+52.5+013.4/ -c:v mpeg4 -q:v 3 -c:a mp3",
       folder / "source.mov");
  OutputFiles files(folder);
  const Heard heard = transcode(folder / "source.mov", files.work(whatsapp()));
  REQUIRE(heard.reports.size() == 1);
  const Report& report = heard.reports[0];
  INFO(failures(report));
  CHECK(report.passed);
  CHECK(report.claims.size() >= 22);
  CHECK(report.width == 640);
  CHECK(report.height == 360);
  CHECK(report.durationMs == 3000);
  CHECK(report.hasAudio);
  CHECK(report.bytes == std::filesystem::file_size(files.clipPath));
  checkAgainstFfprobe(report, files.clipPath);
  CHECK(contentOf(files.clipPath).find("Secret") == std::string::npos);
  CHECK(contentOf(files.clipPath).find("x264") == std::string::npos);
  CHECK(contentOf(files.clipPath).find("Lavf") == std::string::npos);

  REQUIRE(heard.posters);
  CHECK(heard.posters->poster.width == 640);
  CHECK(heard.posters->poster.bytes == std::filesystem::file_size(files.posterPath));
  CHECK(heard.posters->thumbnail.width == 320);
  CHECK(heard.posters->thumbnail.bytes < 200'000);
  CHECK(contentOf(files.posterPath).substr(0, 3) == "\xff\xd8\xff");

  const auto& steps = heard.steps;
  REQUIRE(steps.size() > 5);
  CHECK(steps.front().percent == 0);
  CHECK(steps.back().percent == 100);
  for (std::size_t i = 1; i < steps.size(); ++i) CHECK(steps[i].percent >= steps[i - 1].percent);
  CHECK_FALSE(steps[1].words.de.empty());
}

TEST_CASE("the same source gives the same bytes", "[transcoder]") {
  Folder folder, first, second;
  draw(std::string(kMovingWithSound) + " -c:v mpeg4 -q:v 3 -c:a mp2", folder / "source.mkv");
  OutputFiles one(first), two(second);
  CHECK(canonicalBytes(transcode(folder / "source.mkv", one)) ==
        canonicalBytes(transcode(folder / "source.mkv", two)));
  CHECK(contentOf(one.clipPath) == contentOf(two.clipPath));
}

TEST_CASE("an animation that would take hours to decode is refused at once", "[transcoder]") {
  const bool isGif = GENERATE(true, false);
  CAPTURE(isGif);
  const auto bomb = isGif ? gifBomb : webpBomb;
  Folder folder;
  write(folder / "bomb", bomb(30'000));
  const Refusal refusal = refusalOf(folder / "bomb");
  CHECK(refusal.code == "input.too_complex");
  CHECK(refusal.what.en.find("30000 pictures of 7680×4320") != std::string::npos);
  CHECK_FALSE(refusal.hint.de.empty());
  write(folder / "short", bomb(3));
  CHECK(Process().probe(openToRead(folder / "short").get()).video.frames == 3);
}

TEST_CASE("an animation too large to be held is refused with both sizes", "[transcoder]") {
  Folder folder;
  write(folder / "large.webp", webpBomb(3));
  std::filesystem::resize_file(folder / "large.webp", 150'000'000);  // a hole, no bytes on the disk
  const Refusal refusal = refusalOf(folder / "large.webp");
  CHECK(refusal.code == "input.too_complex");
  CHECK(refusal.what.en.find("150.0 MB") != std::string::npos);
  CHECK(refusal.what.de.find("134,2 MB") != std::string::npos);
  CHECK_FALSE(refusal.hint.de.empty());
}

TEST_CASE("a film of absurdly many pictures is refused at once", "[transcoder]") {
  Folder folder;
  write(folder / "bomb.ivf", filmBomb(folder, 490'000));
  const Refusal refusal = refusalOf(folder / "bomb.ivf");
  CHECK(refusal.code == "input.too_complex");
  CHECK(refusal.what.en.find("490001 pictures of 3840×2160") != std::string::npos);
  write(folder / "short.ivf", filmBomb(folder, 3));
  CHECK(Process().probe(openToRead(folder / "short.ivf").get()).video.frames == 4);
}

TEST_CASE("two hours of 4K are not too much work, absurd films and animations are",
          "[transcoder]") {
  CHECK_NOTHROW(refuseMany("hevc", 3840, 2160, 2 * 3600 * 60));
  CHECK_NOTHROW(refuseMany("h264", 1920, 1080, 4 * 3600 * 60));
  CHECK_NOTHROW(refuseMany("av1", 7680, 4320, 1800 * 60));
  CHECK_THROWS_AS(refuseMany("h264", 7680, 4320, 3600 * 60), Refused);
  CHECK_THROWS_AS(refuseMany("vp9", 3840, 2160, 4 * 3600 * 60), Refused);
  CHECK_THROWS_AS(refuseMany("gif", 1920, 1080, 3600 * 60), Refused);
}

TEST_CASE("AV1 in Dolby's own colours is refused, and with a common base taken", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=64x64:rate=25:duration=0.2 -c:v libaom-av1 -cpu-used 8",
       folder / "plain.mp4");
  const std::string plain = contentOf(folder / "plain.mp4");
  write(folder / "own.mp4", withDolbyVision(plain, 10, 0));
  const Refusal refusal = refusalOf(folder / "own.mp4");
  CHECK(refusal.code == "input.dolby_vision_5");
  CHECK(refusal.what.en.find("profile 10") != std::string::npos);
  write(folder / "common.mp4", withDolbyVision(plain, 10, 1));
  CHECK(Process().probe(openToRead(folder / "common.mp4").get()).video.dolbyVisionProfile == 10);
}

TEST_CASE("the command line writes nothing over what it reads", "[transcoder]") {
  Folder folder;
  draw(kMoving, folder / "mms.mp4");
  const std::string before = contentOf(folder / "mms.mp4");
  const std::filesystem::path film(folder / "mms.mp4");
  CHECK_THROWS(outputOf(Process::besideThisProgram().string() + " '" + film.string() +
                        "' --profile mms --out '" + film.parent_path().string() + "' 2>&1"));
  REQUIRE(std::filesystem::exists(folder / "mms.mp4"));
  CHECK(contentOf(folder / "mms.mp4") == before);
}

TEST_CASE("a probe says what a source holds", "[transcoder]") {
  Folder folder;
  draw(std::string(kMovingWithSound) + " -c:v mpeg4 -c:a aac -ac 1", folder / "source.mp4");
  const Probe probe = Process().probe(openToRead(folder / "source.mp4").get());
  CHECK(probe.video.codec == "mpeg4");
  CHECK(probe.video.width == 640);
  CHECK(probe.video.frameRate == Fraction{25, 1});
  CHECK(probe.video.constantRate);
  CHECK(probe.durationMs == 3000);
  REQUIRE(probe.audio);
  CHECK(probe.audio->channels == 1);
}

TEST_CASE("what is no video is refused with a code and what to do", "[transcoder]") {
  const auto [content, code] = GENERATE(table<std::string, std::string>({
      {"", "input.empty"},
      {"hello, this is text and no video", "input.unknown_format"},
      {"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "input.playlist"},
      {"ffconcat version 1.0\nfile /etc/passwd\n", "input.playlist"},
      {std::string("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9", 22), ""},
  }));
  Folder folder;
  write(folder / "source", content);
  OutputFiles files(folder);
  try {
    transcode(folder / "source", files);
    FAIL("was not refused");
  } catch (const RefusedInput& refused) {
    CAPTURE(content);
    CHECK(refused.kind() == ErrorKind::refused);
    if (!code.empty()) CHECK(refused.code() == code);
    CHECK_FALSE(refused.refusal().what.de.empty());
    CHECK_FALSE(refused.refusal().what.en.empty());
    CHECK_FALSE(refused.refusal().hint.de.empty());
    CHECK_FALSE(refused.hint().empty());
  }
}

TEST_CASE("a source that names an address causes no connection", "[transcoder]") {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(listen(listener.get(), 4) == 0);
  REQUIRE(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/a.ts";
  const std::string source = GENERATE_COPY(
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + url + "\n#EXT-X-ENDLIST\n",
      "ffconcat version 1.0\nfile '" + url + "'\n",
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
      "a=rtpmap:96 H264/90000\na=control:" +
          url + "\n");
  Folder folder;
  write(folder / "source", source);
  CHECK_THROWS_AS(Process().probe(openToRead(folder / "source").get()), RefusedInput);
  CHECK(accept(listener.get(), nullptr, nullptr) == -1);
  CHECK((errno == EAGAIN || errno == EWOULDBLOCK));
}

TEST_CASE("a source longer than the profile allows is refused with choices", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i color=red:size=64x64:rate=5:duration=700 -c:v mpeg4", folder / "long.mp4");
  OutputFiles files(folder);
  const Heard heard = transcode(folder / "long.mp4", files.work(whatsapp()));
  CHECK(heard.reports.empty());
  REQUIRE(heard.refused.size() == 1);
  CHECK(heard.refused[0].profile == "whatsapp");
  CHECK(heard.refused[0].refusal.code == "input.too_long");
  CHECK(heard.refused[0].refusal.hint.en.find("10:00") != std::string::npos);
}

TEST_CASE("several workers run at once and leave no descriptor open", "[transcoder]") {
  Folder folder;
  draw(std::string(kMoving) + " -c:v mpeg4", folder / "source.mp4");
  const Descriptor source = openToRead(folder / "source.mp4");  // one position for all of them
  const int before = openDescriptors();
  std::atomic<int> passed{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        Folder own;
        OutputFiles files(own);
        Work work = files.work(whatsapp());
        work.inputs.source = source.get();
        Heard heard;
        Process().transcode(work, heard.listener());
        passed += heard.reports.at(0).passed;
      });
  }
  CHECK(passed == 4);
  CHECK(openDescriptors() == before);
}

TEST_CASE("cancelling kills the worker and everything it started at once", "[transcoder]") {
  Folder folder;
  const auto program =
      actor(folder, "sleep 60 & echo $! > /proc/self/fd/3; echo $$ >> /proc/self/fd/3; sleep 60");
  write(folder / "pids", "");
  const Descriptor pids = openNew(folder / "pids");
  const auto start = std::chrono::steady_clock::now();
  try {
    Process(program).probe(pids.get(), [&] {
      const std::string written = contentOf(folder / "pids");
      return std::count(written.begin(), written.end(), '\n') >= 1;
    });
    FAIL("was not cancelled");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.code() == "transcoder.cancelled");
  }
  CHECK(std::chrono::steady_clock::now() - start < 20s);
  std::istringstream written(contentOf(folder / "pids"));
  for (pid_t pid; written >> pid;) {
    CAPTURE(pid);
    CHECK(waitFor([&] { return isGone(pid); }));
  }
}

TEST_CASE("what a worker leaves behind cannot write to the files any more", "[transcoder]") {
  Folder folder;
  const auto program =
      actor(folder, "sleep 60 </dev/null >/dev/null 2>&1 & echo $! > /proc/self/fd/3; exit 0");
  write(folder / "pid", "");
  const Descriptor pid = openNew(folder / "pid");
  CHECK_THROWS_AS(Process(program).probe(pid.get()), Error);  // it gave no answer
  const std::string left = contentOf(folder / "pid");
  REQUIRE(left.ends_with("\n"));
  CHECK(waitFor([&] { return isGone(std::stoi(left)); }));
}

TEST_CASE("a worker dies with the service", "[transcoder]") {
  Folder folder;
  write(folder / "pid", "");
  const auto program = actor(folder, "echo $$ >&3; exec sleep 60");
  const pid_t service = fork();
  if (service == 0) {
    const Descriptor pid = openNew(folder / "pid");
    try {
      Process(program).probe(pid.get());
    } catch (...) {
    }
    _exit(1);
  }
  REQUIRE(service > 0);
  CHECK(waitFor([&] { return contentOf(folder / "pid").ends_with("\n"); }));
  kill(service, SIGKILL);
  REQUIRE(waitpid(service, nullptr, 0) == service);
  CHECK(waitFor([&] { return isGone(std::stoi(contentOf(folder / "pid"))); }));
}

TEST_CASE("a worker that misbehaves ends in an error that says how", "[transcoder]") {
  const auto [part, code] = GENERATE(table<std::string, std::string>({
      {"exec >&- 2>&-; sleep 60", "transcoder.killed"},
      {"kill -SEGV $$", "transcoder.crashed"},
      {"kill -KILL $$", "transcoder.killed"},
      {"kill -SYS $$", "transcoder.forbidden"},
      {"kill -XCPU $$", "transcoder.cpu"},
      {"kill -XFSZ $$", "transcoder.output_size"},
      {"exit 7", "transcoder.failed"},
      {"exit 0", "transcoder.protocol"},
      {"echo nonsense; sleep 60", "transcoder.protocol"},
      {"while :; do echo -n xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
       "transcoder.protocol"},
      {R"(echo '{"failed":{"code":"memory","what":"none"}}'; exit 1)", "transcoder.memory"},
      {R"(echo '{"failed":{"code":"full","what":"write"}}'; exit 1)", "media.full"},
      {R"(echo '{"failed":{"code":"output","what":"write"}}'; exit 1)", "media.unavailable"},
      {"while :; do :; done", "transcoder.cpu"},
      {"sleep 60", "transcoder.timeout"},
  }));
  CAPTURE(part);
  Folder folder;
  Limits limits;
  limits.cpu = 2s;
  limits.wall = part == "sleep 60" ? 1s : 60s;
  const Error error = errorOf(Process(actor(folder, part), limits), folder);
  CHECK(error.code() == code);
}

TEST_CASE("a worker gets no environment, no other descriptor and no core dump", "[transcoder]") {
  Folder folder;
  write(folder / "secret", "do not inherit me");
  const int leaking = ::open((folder / "secret").c_str(), O_RDONLY);  // without close-on-exec
  REQUIRE(leaking >= 0);
  const Descriptor notes = openNew(folder / "notes");
  const auto program = actor(folder,
                             "{ ls -l /proc/$$/fd | grep -c secret; ulimit -c; ulimit -f;"
                             "  env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD=; } >&3");
  CHECK_THROWS_AS(Process(program).probe(notes.get()), Error);
  ::close(leaking);
  std::istringstream lines(contentOf(folder / "notes"));
  std::string descriptors, core, output, environment;
  std::getline(lines, descriptors);
  std::getline(lines, core);
  std::getline(lines, output);
  std::getline(lines, environment);
  CHECK(descriptors == "0");
  CHECK(core == "0");
  CHECK(output == std::to_string(Limits{}.output.bytes / 512));
  CHECK(environment.empty());
}

TEST_CASE("a worker that cannot be started is an error that can be tried again", "[transcoder]") {
  Folder folder;
  CHECK(errorOf(Process(folder / "nothing"), folder).code() == "transcoder.start");
}

TEST_CASE("an output limit stops the worker, and the limit is named", "[transcoder]") {
  Folder folder;
  draw(std::string(kMoving) + " -c:v mpeg4 -q:v 2", folder / "source.mp4");
  OutputFiles files(folder);
  Limits limits;
  limits.output = 20_KB;
  const Process process(Process::besideThisProgram(), limits);
  try {
    transcode(folder / "source.mp4", files.work(whatsapp()), process);
    FAIL("was not stopped");
  } catch (const Error& error) {
    CHECK(error.code() == "transcoder.output_size");
  }
}

TEST_CASE("a disk that is full is told as one, whatever was being written", "[transcoder]") {
  SmallDisk disk("1m");
  if (!disk.ok()) {
    skipTest("no right to mount a small disk here");
    return;
  }
  Folder folder;
  draw(std::string(kMoving) + " -c:v mpeg4 -q:v 2", folder / "source.mp4");
  const bool clipFirst = GENERATE(true, false);
  CAPTURE(clipFirst);
  OutputFiles files(folder);
  Work work = files.work(whatsapp());
  const Descriptor onDisk = openNew(disk / "written");
  (clipFirst ? work.renditions[0].clip : work.pictures.poster) = onDisk.get();
  std::ofstream(disk / "filler") << std::string(2'000'000, 'f');  // as much as fits
  try {
    transcode(folder / "source.mp4", work);
    FAIL("was not stopped");
  } catch (const Error& error) {
    CHECK(error.code() == "media.full");
    CHECK(error.kind() == ErrorKind::outOfSpace);
  }
}

#ifndef CLIPCOURIER_SANITIZE
TEST_CASE("a memory limit stops the worker, and the limit is named", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=1920x1080:rate=25:duration=1 -c:v libx264 -preset ultrafast",
       folder / "source.mp4");
  OutputFiles files(folder);
  Limits limits;
  limits.memory = GENERATE(80_MB, 90_MB, 120_MB);
  CAPTURE(limits.memory.bytes);
  const Process process(Process::besideThisProgram(), limits);
  try {
    transcode(folder / "source.mp4", files.work(whatsapp()), process);
    FAIL("was not stopped");
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.code() == "transcoder.memory");
  }
}
#endif

TEST_CASE("descriptors that are no regular file are refused by the worker", "[transcoder]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const Descriptor in(ends[0]), out(ends[1]);
  CHECK_THROWS_AS(Process().probe(in.get()), Error);
}
