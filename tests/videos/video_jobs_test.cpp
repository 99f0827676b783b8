#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/catch.h"
#include "support/skip.h"
#include "support/small_disk.h"
#include "support/wait_for.h"
#include "world.h"

using namespace clipcourier;
using namespace clipcourier::videos;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> kUploads{"whatsapp", "whatsapp-light"};

std::string readFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A moving picture with a tone, drawn anew for each length.
const std::string& film(int seconds = 2) {
  static std::map<int, std::string> films;
  std::string& bytes = films[seconds];
  if (!bytes.empty()) return bytes;
  TempFolder folder;
  const std::string path = folder / "film.mp4", length = std::to_string(seconds);
  const std::string command =
      "ffmpeg -v error -nostdin -f lavfi -i testsrc2=size=640x360:rate=25:duration=" + length +
      " -f lavfi -i sine=frequency=440:duration=" + length +
      " -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac " + path;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("ffmpeg cannot draw a film");
  return bytes = readFile(path);
}

// The service's workers. Ends before the world does.
struct Workers {
  explicit Workers(World& w, Millis lease = 60s)
      : world(w),
        probe(w.store, process, w.profiles, w.clock, w.bell),
        transcode(w.store, process, w.profiles, w.proof, w.clock),
        runner(*w.database, w.clock, w.bell,
               {probe.handler(1), transcode.clipsHandler(1), transcode.picturesHandler(1)},
               {.lease = lease, .poll = 50ms}) {
    runner.start();
  }
  // Ready, with all of its clips and pictures.
  bool done(VideoId id) {
    return waitFor(
        [&] {
          return world.video(id).state == VideoState::ready &&
                 world.count("jobs WHERE state IN ('waiting', 'running')") == 0;
        },
        90s);
  }
  bool reaches(VideoId id, VideoState state) {
    return waitFor([&] { return world.video(id).state == state; }, 90s);
  }
  World& world;
  transcoder::Process process;
  ProbeJob probe;
  TranscodeJob transcode;
  jobs::JobRunner runner;
};

Failure failureOf(const Video& video) {
  return nlohmann::json::parse(video.failure).get<Failure>();
}

std::vector<std::string> tempFiles(World& world) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(world.storePath + "/temp"))
    names.push_back(entry.path().filename().string());
  return names;
}

// A process of its own that works until it is killed; shares no connection or thread with us.
pid_t startWorker(World& world) {
  const std::string url = world.database.settings().url.reveal(), store = world.storePath;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child > 0) return child;
  ::setenv("CLIPCOURIER_TEST_DATABASE", url.c_str(), 1);
  ::setenv("CLIPCOURIER_TEST_STORE", store.c_str(), 1);
  ::execl("/proc/self/exe", "test_videos", "[.worker]", nullptr);
  ::_exit(127);
}

void checkReady(World& world, VideoId id) {
  const VideoView view = world.view(id);
  REQUIRE(view.video.state == VideoState::ready);
  CHECK(view.progress.percent == 100);
  REQUIRE(view.clips.size() == world.profiles.forUploads().size());
  for (std::size_t i = 0; i < view.clips.size(); ++i) {
    CHECK(view.clips[i].clip.profile == world.profiles.forUploads()[i]);
    world.proof.verifyWithBytes(view.clips[i].clip, world.store);
  }
  const Clip& clip = view.clips[0].clip;
  CHECK(std::ranges::count(view.pictures, PictureKind::poster, &VideoPicture::kind) == 1);
  for (const VideoPicture& picture : view.pictures) CHECK(world.store.intact(picture.file.sha256));
  CHECK(clip.width == 640);
  CHECK(clip.height == 360);
  CHECK(clip.duration > 1900ms);
  const auto report = nlohmann::json::parse(clip.report).get<transcoder::Report>();
  CHECK(report.passed);
  CHECK(report.claims.size() > 5);
  const auto source = nlohmann::json::parse(view.video.source).get<transcoder::Probe>();
  CHECK(source.video.width == 640);
  CHECK(tempFiles(world).empty());
}

}  // namespace

TEST_CASE("an uploaded film becomes a clip with its proof and pictures", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  Workers workers(world);
  const Video video = world.upload(film());
  REQUIRE(workers.done(video.id));
  checkReady(world, video.id);
  // The original, the clip, and each picture once: the best candidate is the thumbnail, too.
  std::set<std::string> hashes;
  for (const VideoPicture& picture : world.view(video.id).pictures)
    hashes.insert(picture.file.sha256);
  CHECK(world.storedFiles().size() == 2 + hashes.size());
}

TEST_CASE("what is no video fails with a reason in two languages, and again when asked to retry",
          "[videos]") {
  World world(db::Engine::sqlite);
  Workers workers(world);
  const Video video = world.upload("This is a letter, not a film.", {"", "letter.mp4"});
  REQUIRE(workers.reaches(video.id, VideoState::failed));
  const Failure failure = failureOf(world.video(video.id));
  CHECK(failure.code.starts_with("input."));
  for (const std::string& text :
       {failure.what.de, failure.what.en, failure.hint.de, failure.hint.en})
    CHECK(text.size() > 10);
  CHECK(world.count("clips") == 0);
  CHECK(world.count("jobs WHERE state = 'done'") == 1);

  world.service.convertAgain(video.id, world.actor);
  REQUIRE(waitFor([&] { return world.count("jobs WHERE state = 'done'") == 2; }));
  CHECK(world.video(video.id).state == VideoState::failed);
}

TEST_CASE("a film that breaks off is refused or repaired, never half believed", "[videos]") {
  World world(db::Engine::sqlite);
  Workers workers(world);
  const Video video = world.upload(film().substr(0, film().size() / 2));
  CHECK(waitFor([&] {
    const VideoState state = world.video(video.id).state;
    return state == VideoState::failed || state == VideoState::ready;
  }));
  CHECK(world.video(video.id).state == VideoState::failed);  // its index was at the end
}

TEST_CASE("an original that is gone is told, not tried for ever", "[videos]") {
  World world(db::Engine::sqlite);
  const Video video = world.upload(film());
  world.store.remove(video.originalSha256);
  Workers workers(world);
  REQUIRE(workers.reaches(video.id, VideoState::failed));
  CHECK(failureOf(world.video(video.id)).code == "media.not_found");
}

TEST_CASE("a profile that was taken away fails its clip with the reason", "[videos]") {
  World world(db::Engine::sqlite);
  const Video video = world.upload(film());
  world.write([&](db::Transaction& tx) {
    VideoRepository(tx).setSource(video.id, "{}", world.clock.now());
    jobs::JobQueue(tx).cancelAbout(kProbeJob, video.id.value, world.clock.now());
    addClips(tx, VideoRepository(tx).get(video.id), {"telex"}, world.clock.now());
    updateState(tx, video.id, world.clock.now());
  });
  Workers workers(world);
  REQUIRE(workers.reaches(video.id, VideoState::failed));
  CHECK(failureOf(world.video(video.id)).code == "clip.profile_unknown");
}

TEST_CASE("a video removed while its clip is made leaves no rows and no temp files", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  Workers workers(world);
  const Video video = world.upload(film(20));
  REQUIRE(waitFor([&] { return world.count("clips WHERE state = 'encoding'") == 1; }));
  world.service.remove(video.id, world.actor);
  CHECK(waitFor([&] { return world.count("jobs WHERE state IN ('waiting', 'running')") == 0; }));
  CHECK(world.count("clips") == 0);
  CHECK(world.count("videos") == 0);
  CHECK(waitFor([&] { return tempFiles(world).empty(); }));
}

TEST_CASE("stopping the service gives the clip back, and the next start makes it", "[videos]") {
  World world(db::Engine::sqlite);
  VideoId id;
  {
    Workers workers(world);
    id = world.upload(film(20)).id;
    REQUIRE(waitFor([&] { return world.count("clips WHERE state = 'encoding'") == 1; }));
    CHECK(workers.runner.stop(10s));
  }
  CHECK(world.count(
            R"(jobs WHERE kind = 'video.transcode' AND state = 'waiting' AND attempts = 0)") == 1);
  CHECK(tempFiles(world).empty());
  Workers workers(world);
  REQUIRE(workers.done(id));
  checkReady(world, id);
}

TEST_CASE("a full disk is told, and the clip is made once there is room", "[videos]") {
  SmallDisk disk("40m");
  if (!disk.ok()) {
    skipTest("no right to mount a small disk here");
    return;
  }
  World world(db::Engine::sqlite, disk / "store");
  const Video video = world.upload(film(20));
  const std::string filler = disk / "filler";
  std::ofstream(filler) << std::string(50'000'000, 'f');  // as much as fits
  Workers workers(world);
  REQUIRE(waitFor([&] { return !world.view(video.id).progress.lastError.empty(); }));
  const auto soon = [&] {
    world.write([](db::Transaction& tx) {
      tx.run("UPDATE jobs SET due_at_ms = 0 WHERE state = 'waiting'");  // as if it were later
    });
  };
  soon();  // a second time is no reason to give up
  REQUIRE(waitFor([&] {
    return world.count(
               "jobs WHERE kind = 'video.transcode' AND state = 'waiting' AND attempts = 2") == 1;
  }));
  const Progress progress = world.view(video.id).progress;
  CHECK(progress.lastError == "media.full");
  CHECK(progress.retryAt > world.clock.now());
  CHECK(world.video(video.id).state == VideoState::transcoding);
  std::filesystem::remove(filler);
  soon();
  REQUIRE(workers.done(video.id));
  checkReady(world, video.id);
}

TEST_CASE("a service killed again and again loses no video and makes no clip twice", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  world.profiles = Profiles(transcoder::builtInProfiles(), kUploads);
  const Video video = world.upload(film(20));
  const std::vector<std::function<bool()>> moments{
      [&] { return world.video(video.id).state != VideoState::uploaded; },
      [&] { return world.count("clips WHERE state = 'encoding'") > 0; },
      [&] { return world.count("jobs WHERE progress_percent > 0 AND state = 'running'") > 0; },
      [&] { return world.count("clips WHERE state = 'ready'") == 1; }};
  for (const auto& moment : moments) {
    const pid_t worker = startWorker(world);
    CHECK(waitFor(moment, 60s));
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
    world.write([&](db::Transaction& tx) {
      tx.run("UPDATE jobs SET lease_until_ms = 0 WHERE state = 'running'");  // as if it had ended
    });
  }
  // The first clip is there for use, and stays what it is.
  CHECK(world.video(video.id).state == VideoState::ready);
  const Clip first = world.view(video.id).clips.at(0).clip;
  // What the killed ones were writing goes with the next start, when their children are gone too.
  CHECK(waitFor([&] {
    media::FolderStore again(world.storePath);
    return tempFiles(world).empty();
  }));
  Workers workers(world);
  REQUIRE(workers.done(video.id));
  checkReady(world, video.id);
  CHECK(world.clips(video.id).size() == kUploads.size());
  CHECK(world.view(video.id).clips.at(0).clip.readyAt == first.readyAt);
}

TEST_CASE("new edits end the running work at once and make all clips anew", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  world.profiles = Profiles(transcoder::builtInProfiles(), kUploads);
  Workers workers(world);
  const Video video = world.upload(film(20));
  REQUIRE(waitFor([&] { return world.count("clips WHERE state = 'encoding'") > 0; }));
  const auto edited = std::chrono::steady_clock::now();
  world.edits.setEdits(video.id, 1, {{"trim_start_ms", 1'000}, {"trim_end_ms", 3'000}},
                       world.actor);
  REQUIRE(waitFor([&] {
    return world.count("jobs WHERE kind = 'video.transcode' AND state = 'cancelled'") == 1;
  }));
  CHECK(std::chrono::steady_clock::now() - edited < 2s);
  REQUIRE(workers.done(video.id));
  const VideoView view = world.view(video.id);
  CHECK(view.video.editVersion == 2);
  CHECK(view.clips.size() == kUploads.size());
  for (const ClipView& each : view.clips) CHECK(each.clip.editVersion == 2);
  CHECK(world.count("clips") == static_cast<std::int64_t>(kUploads.size()));
  CHECK(tempFiles(world).empty());
}

TEST_CASE("a poster does not wait until somebody makes clips", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const transcoder::Process process;
  ProbeJob probe(world.store, process, world.profiles, world.clock, world.bell);
  TranscodeJob transcode(world.store, process, world.profiles, world.proof, world.clock);
  const Video video = world.upload(film());
  {
    jobs::JobRunner runner(*world.database, world.clock, world.bell,
                           {probe.handler(1), transcode.picturesHandler(1)}, {.poll = 50ms});
    runner.start();
    REQUIRE(waitFor(
        [&] {
          return std::ranges::count(world.view(video.id).pictures, PictureKind::poster,
                                    &VideoPicture::kind) == 1;
        },
        90s));
    CHECK(world.clips(video.id).at(0).state == ClipState::planned);
    CHECK(world.video(video.id).state == VideoState::transcoding);
    CHECK(runner.stop(10s));
  }
  Workers workers(world);
  REQUIRE(workers.done(video.id));
  checkReady(world, video.id);
}

TEST_CASE("a profile asked for later gets its clip, and the others stay", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  Workers workers(world);
  const Video video = world.upload(film());
  REQUIRE(workers.done(video.id));
  const Clip first = world.clips(video.id).at(0);
  world.service.requestClip(video.id, "whatsapp-light", world.actor);
  CHECK(world.video(video.id).state == VideoState::ready);
  REQUIRE(workers.done(video.id));
  const VideoView view = world.view(video.id);
  REQUIRE(view.clips.size() == 2);
  CHECK(view.clips[0].clip.id == first.id);
  CHECK(view.clips[1].clip.profile == "whatsapp-light");
  CHECK(view.clips[1].clip.state == ClipState::ready);
  CHECK_THROWS_AS(world.service.requestClip(video.id, "telex", world.actor), Error);
}

TEST_CASE("a poster chosen before the video was checked comes with candidates all the same",
          "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload(film());
  world.edits.choosePoster(video.id, {}, {PosterWish::Kind::time, 1'000, {}}, world.actor);
  Workers workers(world);
  REQUIRE(workers.done(video.id));
  const auto pictures = world.view(video.id).pictures;
  const auto poster = std::ranges::find(pictures, PictureKind::poster, &VideoPicture::kind);
  REQUIRE(poster != pictures.end());
  CHECK(std::abs(poster->timeMs - 1'000) < 100);
  CHECK(poster->revision == world.video(video.id).pictureRevision);
  CHECK(std::ranges::count(pictures, PictureKind::candidate, &VideoPicture::kind) > 0);
}

TEST_CASE("edits that no clip can be made with tell why there is no poster either", "[videos]") {
  World world(db::Engine::sqlite);
  const Video video = world.upload(film());
  TextSource logo("\x89PNG\r\n\x1a\n and no more than that");
  world.edits.setLogo(video.id, {}, logo, world.actor);
  Workers workers(world);
  REQUIRE(workers.reaches(video.id, VideoState::failed));
  CHECK(world.clips(video.id).at(0).state == ClipState::refused);
  REQUIRE(waitFor([&] { return world.count("jobs WHERE state IN ('waiting', 'running')") == 0; }));
  CHECK_FALSE(world.video(video.id).pictureFailure.empty());
  world.edits.removeLogo(video.id, {}, world.actor);
  REQUIRE(workers.done(video.id));
  CHECK(world.video(video.id).pictureFailure.empty());
  checkReady(world, video.id);
}

TEST_CASE("a poster of one's own that cannot be read leaves others to choose from", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload(film());
  TextSource broken("\x89PNG\r\n\x1a\n and no more than that");
  world.edits.uploadPoster(video.id, {}, broken, world.actor);
  Workers workers(world);
  REQUIRE(workers.done(video.id));
  CHECK_FALSE(world.video(video.id).pictureFailure.empty());
  CHECK(std::ranges::count(world.view(video.id).pictures, PictureKind::candidate,
                           &VideoPicture::kind) > 0);
}

TEST_CASE("a poster wished for while another one fails is made", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  Workers workers(world);
  const Video video = world.upload(film());
  REQUIRE(workers.done(video.id));
  TextSource broken("\x89PNG\r\n\x1a\n and no more than that");
  world.edits.uploadPoster(video.id, {}, broken, world.actor);
  waitFor([&] { return world.count("jobs WHERE kind = 'video.pictures' AND attempts > 0") > 0; });
  world.edits.choosePoster(video.id, {}, {PosterWish::Kind::time, 500, {}}, world.actor);
  REQUIRE(workers.done(video.id));
  const Video after = world.video(video.id);
  CHECK(after.pictureFailure.empty());
  const auto pictures = world.view(video.id).pictures;
  const auto poster = std::ranges::find(pictures, PictureKind::poster, &VideoPicture::kind);
  REQUIRE(poster != pictures.end());
  CHECK(poster->revision == after.pictureRevision);
}

// Not a test: the process the one above kills.
TEST_CASE("works until it is killed", "[.worker]") {
  if (!std::getenv("CLIPCOURIER_TEST_DATABASE")) return;  // chosen by a filter
  db::DatabaseSettings settings;
  settings.url = Secret(std::getenv("CLIPCOURIER_TEST_DATABASE"));
  db::Database database(settings);
  media::FolderStore store(std::getenv("CLIPCOURIER_TEST_STORE"));
  SystemClock clock;
  jobs::Bell bell;
  const ClipProof proof{crypto::KeyRing(Secret("a test's master key"))};
  const Profiles profiles{transcoder::builtInProfiles(), kUploads};
  const transcoder::Process process;
  ProbeJob probe(store, process, profiles, clock, bell);
  TranscodeJob transcode(store, process, profiles, proof, clock);
  jobs::JobRunner runner(
      database, clock, bell,
      {probe.handler(1), transcode.clipsHandler(1), transcode.picturesHandler(1)},
      {.lease = 500ms, .poll = 20ms});
  runner.start();
  std::this_thread::sleep_for(60s);
}
