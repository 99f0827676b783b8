#include "videos/edit_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support/catch.h"
#include "world.h"

using namespace clipcourier;
using namespace clipcourier::videos;
using nlohmann::json;

namespace {

const std::string kPng = "\x89PNG\r\n\x1a\n and the rest of a picture";
const std::string kSrt = "1\n00:00:00,000 --> 00:00:02,000\nGrüße aus Köln\n";

// A video that was checked: ten seconds long, its clips planned.
Video probed(World& world) {
  const Video video = world.upload("x");
  world.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.setSource(video.id, R"({"duration_ms":10000})", world.clock.now());
    addClips(tx, videos.get(video.id), world.profiles.forUploads(), world.clock.now());
    updateState(tx, video.id, world.clock.now());
  });
  return world.video(video.id);
}

Error errorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("not reached");
}

json editsOf(World& world, VideoId id) { return json::parse(world.video(id).edits); }

void addPicture(World& world, const Video& video, PictureKind kind, int number,
                std::int64_t timeMs) {
  world.write([&](db::Transaction& tx) {
    VideoPicture picture;
    picture.videoId = video.id;
    picture.editVersion = video.editVersion;
    picture.revision = video.pictureRevision;
    picture.kind = kind;
    picture.number = number;
    picture.timeMs = timeMs;
    picture.file = {std::string(name(kind)) + std::to_string(picture.revision), {7}};
    picture.width = picture.height = 10;
    PictureRepository(tx).add(picture);
    PictureRepository(tx).add(picture);  // a job that runs twice adds it once
  });
}

}  // namespace

TEST_CASE("edits make all clips anew, while the ones there stay", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = probed(world);
  Clip clip = world.clips(video.id).at(0);
  clip.sha256 = "aa";
  clip.report = "{}";
  clip.reportMac = "mac";
  world.write([&](db::Transaction& tx) {
    ClipRepository(tx).setEncoding(clip.id);
    ClipRepository(tx).makeReady(clip, world.clock.now());
  });
  const Video edited =
      world.edits.setEdits(video.id, 1, {{"mute", true}, {"trim_end_ms", 5'000}}, world.actor);
  CHECK(edited.editVersion == 2);
  CHECK(edited.pictureRevision == 2);
  CHECK(edited.state == VideoState::transcoding);
  CHECK(json::parse(edited.edits) == json{{"mute", true}, {"trim_end_ms", 5'000}});
  const auto clips = world.clips(video.id);
  REQUIRE(clips.size() == 2);
  CHECK(clips[0].editVersion == 2);
  CHECK(clips[0].state == ClipState::planned);
  CHECK(clips[1].state == ClipState::ready);
  CHECK(world.count("jobs WHERE kind = 'video.transcode' AND state = 'waiting'") == 1);
  CHECK(world.count("jobs WHERE kind = 'video.transcode' AND state = 'cancelled'") == 1);
  CHECK(world.count("audit_log WHERE action = 'video.edited'") == 1);

  SECTION("the same edits again change nothing") {
    CHECK(world.edits.setEdits(video.id, 2, {{"trim_end_ms", 5'000}, {"mute", true}}, world.actor)
              .editVersion == 2);
    CHECK(world.count("audit_log WHERE action = 'video.edited'") == 1);
  }
  SECTION("who saw older ones is told so") {
    CHECK(errorOf([&] { world.edits.setEdits(video.id, 1, json::object(), world.actor); }).code() ==
          "video.edits_changed");
    CHECK(world.video(video.id).editVersion == 2);
  }
}

TEST_CASE("edits that cannot be are refused with every mistake", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = probed(world);
  const Error wrong = errorOf([&] {
    world.edits.setEdits(video.id, {}, {{"mute", 7}, {"spin", true}, {"fit", {{"shape", "3:1"}}}},
                         world.actor);
  });
  CHECK(wrong.kind() == ErrorKind::invalidInput);
  CHECK(wrong.details().size() == 3);
  const Error misfit = errorOf([&] {
    world.edits.setEdits(video.id, {},
                         {{"trim_start_ms", 9'800}, {"captions", "srt"}, {"logo", json::object()}},
                         world.actor);
  });
  CHECK(misfit.code() == "edits.invalid");
  CHECK(misfit.details().size() == 3);
  CHECK(errorOf([&] {
          world.edits.setEdits(video.id, {}, {{"trim_start_ms", 5'000}, {"trim_end_ms", 5'100}},
                               world.actor);
        })
            .details()
            .size() == 1);
  CHECK(errorOf([&] { world.edits.setEdits({99}, {}, json::object(), world.actor); }).kind() ==
        ErrorKind::notFound);
  CHECK(world.video(video.id).editVersion == 1);
  CHECK(world.video(video.id).edits == "{}");
}

TEST_CASE("edits before the video was checked wait for its first clips", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  CHECK(world.edits.setEdits(video.id, {}, {{"mute", true}}, world.actor).editVersion == 2);
  CHECK(world.clips(video.id).empty());
  CHECK(world.video(video.id).state == VideoState::uploaded);
}

TEST_CASE("a video that is ready by older edits says why the newest gave no clip", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  world.profiles = Profiles(transcoder::builtInProfiles(), {"whatsapp", "telegram"});
  const Video video = probed(world);
  const Failure tooLong{"input.too_long",
                        {"Zu lang.", "Too long."},
                        {"Kürzen.", "Trim."},
                        {{"choice.trim", {"Auf 45 s kürzen", "Trim to 45 s"}, 45'000}}};
  const auto newest = [&](const std::string& profile) {
    const std::vector<Clip> clips = world.clips(video.id);
    return *std::ranges::find(clips, profile, &Clip::profile);
  };
  const auto settle = [&](const std::string& profile, bool refused) {
    Clip clip = newest(profile);
    clip.sha256 = profile + std::to_string(clip.id.value);
    clip.report = "{}";
    clip.reportMac = "mac";
    world.write([&](db::Transaction& tx) {
      ClipRepository clips(tx);
      CHECK(clips.setEncoding(clip.id));
      CHECK((refused ? clips.refuse(clip.id, tooLong) : clips.makeReady(clip, world.clock.now())));
      updateState(tx, video.id, world.clock.now());
    });
  };
  settle("whatsapp", false);
  settle("telegram", false);
  world.addPoster(video.id);
  CHECK(world.view(video.id).editsFailure.empty());

  world.edits.setEdits(video.id, 1, {{"mute", true}}, world.actor);
  CHECK(world.view(video.id).editsFailure.empty());  // nobody knows yet
  settle("whatsapp", true);
  const auto check = [&](const VideoView& view) {
    CHECK(view.video.state == VideoState::ready);
    REQUIRE_FALSE(view.editsFailure.empty());
    CHECK(json::parse(view.editsFailure).get<Failure>() == tooLong);
    CHECK(view.progress.words.en == "Ready with older edits; the newest gave no clip");
    CHECK(view.progress.words.de != view.progress.words.en);
  };
  check(world.view(video.id));
  settle("telegram", false);  // another profile takes them, but it is not the one that counts
  check(world.view(video.id));
  CHECK(world.view(video.id).progress.percent == 100);
  check(world.database->read(
      [](db::Connection& c) { return viewsOf(c, VideoRepository(c).list({}, 10)).at(0); }));

  SECTION("until it is tried again") {
    world.service.convertAgain(video.id, world.actor);
    CHECK(world.view(video.id).editsFailure.empty());
    settle("whatsapp", false);
    CHECK(world.view(video.id).editsFailure.empty());
    CHECK(world.view(video.id).progress.words.en == "Ready");
    // A further clip of the same edits may fail: those there show them.
    world.service.requestClip(video.id, "whatsapp", world.actor);
    settle("whatsapp", true);
    CHECK(world.view(video.id).editsFailure.empty());
  }
  SECTION("until there are others") {
    world.edits.setEdits(video.id, 2, json::object(), world.actor);
    CHECK(world.view(video.id).editsFailure.empty());
  }
}

TEST_CASE("captions are read when they come, burned in, and taken away again", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = probed(world);
  TextSource text(kSrt);
  const Video with = world.edits.setCaptions(video.id, {}, "srt", text, world.actor);
  CHECK(with.editVersion == 2);
  CHECK(editsOf(world, video.id) == json{{"captions", "srt"}});
  CHECK(world.store.intact(with.captions.sha256));
  CHECK(errorOf([&] {
          world.edits.setEdits(video.id, 2, {{"captions", "webvtt"}}, world.actor);
        }).code() == "captions.invalid");
  CHECK(world.edits.setEdits(video.id, 2, {{"captions", "srt"}}, world.actor).editVersion == 2);
  TextSource nonsense("00:00 to 00:02: hello");
  const Error wrong =
      errorOf([&] { world.edits.setCaptions(video.id, {}, "srt", nonsense, world.actor); });
  CHECK(wrong.code() == "captions.invalid");
  CHECK(world.video(video.id).captions == with.captions);
  const Video without = world.edits.removeCaptions(video.id, 2, world.actor);
  CHECK_FALSE(without.captions);
  CHECK(editsOf(world, video.id) == json::object());
}

TEST_CASE("a logo is a picture, shown where the edits say", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = probed(world);
  TextSource letter("Dear all, this is no picture");
  CHECK(errorOf([&] { world.edits.setLogo(video.id, {}, letter, world.actor); }).kind() ==
        ErrorKind::unsupported);
  TextSource short_("\x89PN");
  CHECK(errorOf([&] { world.edits.setLogo(video.id, {}, short_, world.actor); }).kind() ==
        ErrorKind::unsupported);
  TextSource large(kPng + std::string(kMaxLogo.bytes, 'x'));
  CHECK(errorOf([&] { world.edits.setLogo(video.id, {}, large, world.actor); }).kind() ==
        ErrorKind::tooLarge);
  TextSource png(kPng);
  CHECK(world.edits.setLogo(video.id, {}, png, world.actor).logo.size.bytes == kPng.size());
  CHECK(editsOf(world, video.id).contains("logo"));
  world.edits.setEdits(video.id, {}, {{"logo", {{"corner", "top-left"}}}}, world.actor);
  TextSource other(kPng + "2");
  world.edits.setLogo(video.id, {}, other, world.actor);
  CHECK(editsOf(world, video.id)["logo"]["corner"] == "top-left");
  world.edits.removeLogo(video.id, {}, world.actor);
  CHECK(editsOf(world, video.id) == json::object());
}

TEST_CASE("a poster is chosen, uploaded and reset without touching the clips", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = probed(world);
  addPicture(world, video, PictureKind::poster, 0, 1'000);
  addPicture(world, video, PictureKind::candidate, 0, 1'000);
  addPicture(world, video, PictureKind::candidate, 1, 4'000);

  const Video chosen = world.edits.chooseCandidate(video.id, 1, 1, world.actor);
  CHECK(chosen.poster == PosterWish{PosterWish::Kind::time, 4'000, {}});
  CHECK(chosen.pictureRevision == 2);
  CHECK(chosen.editVersion == 1);
  CHECK(world.count("jobs WHERE kind = 'video.pictures' AND state = 'waiting'") == 1);
  addPicture(world, chosen, PictureKind::poster, 0, 4'000);
  const auto pictures = world.view(video.id).pictures;
  REQUIRE(pictures.size() == 3);  // of each kind and number the newest
  const auto poster = std::ranges::find(pictures, PictureKind::poster, &VideoPicture::kind);
  CHECK(poster->timeMs == 4'000);

  CHECK(errorOf([&] { world.edits.chooseCandidate(video.id, {}, 2, world.actor); }).code() ==
        "poster.no_candidate");
  CHECK(errorOf([&] {
          world.edits.choosePoster(video.id, {}, {PosterWish::Kind::time, 10'000, {}}, world.actor);
        }).code() == "poster.time");
  CHECK(errorOf([&] { world.edits.choosePoster(video.id, 1, {}, world.actor); }).code() ==
        "video.poster_changed");
  TextSource png(kPng);
  CHECK(world.edits.uploadPoster(video.id, 2, png, world.actor).poster.kind ==
        PosterWish::Kind::own);

  SECTION("an own picture outlives new edits, a chosen time does not") {
    CHECK(world.edits.setEdits(video.id, {}, {{"mute", true}}, world.actor).poster.kind ==
          PosterWish::Kind::own);
    CHECK(world.count("jobs WHERE kind = 'video.pictures' AND state = 'waiting'") == 1);
    world.edits.choosePoster(video.id, {}, {PosterWish::Kind::time, 2'000, {}}, world.actor);
    CHECK(world.edits.setEdits(video.id, {}, json::object(), world.actor).poster.kind ==
          PosterWish::Kind::best);
  }
  CHECK(world.count("clips WHERE state = 'planned'") == 1);
}

TEST_CASE("the pictures of the edits before are shown until there are new ones", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = probed(world);
  addPicture(world, video, PictureKind::poster, 0, 0);
  const Video edited = world.edits.setEdits(video.id, {}, {{"mute", true}}, world.actor);
  CHECK(world.view(video.id).pictures.at(0).editVersion == 1);
  addPicture(world, edited, PictureKind::poster, 0, 0);
  REQUIRE(world.view(video.id).pictures.size() == 1);
  CHECK(world.view(video.id).pictures.at(0).editVersion == 2);
}

TEST_CASE("captions, logo and poster that are refused leave no bytes", "[videos]") {
  World world(db::Engine::sqlite);
  const Video video = world.upload("x");
  const auto stored = world.storedFiles();
  for (const auto& [id, version, kind] :
       {std::tuple{VideoId{99}, std::optional<std::int64_t>(), ErrorKind::notFound},
        std::tuple{video.id, std::optional<std::int64_t>(7), ErrorKind::conflict}}) {
    TextSource captions(kSrt), logo(kPng), poster(kPng);
    CHECK(errorOf([&] {
            world.edits.setCaptions(id, version, "srt", captions, world.actor);
          }).kind() == kind);
    CHECK(errorOf([&] { world.edits.setLogo(id, version, logo, world.actor); }).kind() == kind);
    CHECK(errorOf([&] { world.edits.uploadPoster(id, version, poster, world.actor); }).kind() ==
          kind);
  }
  CHECK(world.storedFiles() == stored);
}
