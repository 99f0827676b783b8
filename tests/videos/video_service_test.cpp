#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support/catch.h"
#include "world.h"

using namespace clipcourier;
using namespace clipcourier::videos;

namespace {

std::string codeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK_FALSE(error.hint().empty());
    return error.code();
  }
  return "nothing was thrown";
}

// As the probe does.
void probed(World& world, VideoId id) {
  world.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.setSource(id, R"({"duration_ms":10000})", world.clock.now());
    addClips(tx, videos.get(id), world.profiles.forUploads(), world.clock.now());
    updateState(tx, id, world.clock.now());
  });
}

Clip makeReady(World& world, Clip clip, const std::string& sha256) {
  clip.sha256 = sha256;
  clip.report = "{}";
  clip.reportMac = "mac";
  world.write([&](db::Transaction& tx) {
    ClipRepository clips(tx);
    CHECK(clips.setEncoding(clip.id));
    CHECK(clips.makeReady(clip, world.clock.now()));
    updateState(tx, clip.videoId, world.clock.now());
  });
  world.addPoster(clip.videoId);
  return world.clips(clip.videoId).at(0);
}

void fail(World& world, const Clip& clip, const std::string& code) {
  world.write([&](db::Transaction& tx) {
    CHECK(ClipRepository(tx).fail(clip.id, failureFor(code), ""));
    updateState(tx, clip.videoId, world.clock.now());
  });
}

void addPicture(World& world, const Video& video, PictureKind kind) {
  VideoPicture picture;
  picture.videoId = video.id;
  picture.editVersion = video.editVersion;
  picture.revision = video.pictureRevision;
  picture.kind = kind;
  picture.file = {"cc", {1}};
  if (kind == PictureKind::storyboard) picture.vtt = "WEBVTT";
  world.write([&](db::Transaction& tx) { PictureRepository(tx).add(picture); });
}

// Counts what goes through it.
class Counting : public db::Connection {
 public:
  explicit Counting(db::Connection& inner) : inner_(inner) {}
  db::Engine engine() const override { return inner_.engine(); }
  std::int64_t runValues(std::string_view sql, std::span<const db::Value> args) override {
    ++queries;
    return inner_.runValues(sql, args);
  }
  std::vector<db::Row> queryValues(std::string_view sql, std::span<const db::Value> args,
                                   std::span<const db::ColumnType> columns) override {
    ++queries;
    return inner_.queryValues(sql, args, columns);
  }
  int queries = 0;

 private:
  db::Connection& inner_;
};

void pinInCampaign(World& world, const Clip& clip) {
  world.write([&](db::Transaction& tx) {
    tx.run(R"sql(INSERT INTO senders (id, channel, name, external_id, account_id, base_url,
        api_version, token_source, app_secret_source, verify_token_source, messages_per_second,
        state, created_at_ms, updated_at_ms)
      VALUES (1, 'whatsapp', 'n', 'e', 'a', 'u', 'v', 't', 's', 'w', 1, 'active', 0, 0))sql");
    tx.run(R"sql(INSERT INTO campaigns (id, name, state, sender_id, purpose, audience,
        fallback_language, created_at_ms, updated_at_ms)
      VALUES (1, 'n', 'draft', 1, 'marketing', '{}', 'de', 0, 0))sql");
    tx.run(R"sql(INSERT INTO campaign_contents (campaign_id, language, clip_id, clip_sha256,
        template_name, template_language) VALUES (1, 'de', $1, $2, 't', 'de'))sql",
           clip.id, clip.sha256);
  });
}

}  // namespace

TEST_CASE("a title is edited only by who saw the newest version", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  const Video edited = world.service.retitle(video.id, 1, " New ", world.actor);
  CHECK(edited.title == "New");
  CHECK(edited.version == 2);
  CHECK(codeOf([&] { world.service.retitle(video.id, 1, "Late", world.actor); }) ==
        "video.changed");
  CHECK(codeOf([&] { world.service.retitle({99}, 1, "None", world.actor); }) == "video.not_found");
  CHECK(world.video(video.id).title == "New");
  CHECK(world.count("audit_log WHERE action = 'video.retitled'") == 1);
}

TEST_CASE("a video is ready with its first clip, and failed when that one cannot be made",
          "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  world.profiles = Profiles(transcoder::builtInProfiles(), {"whatsapp", "telegram"});
  const Video video = world.upload("x");
  probed(world, video.id);
  CHECK(world.video(video.id).state == VideoState::transcoding);
  const auto clips = world.clips(video.id);  // newest first
  REQUIRE(clips.size() == 2);
  REQUIRE(clips[1].profile == "whatsapp");

  SECTION("the first comes first") {
    makeReady(world, clips[1], "aa");
    CHECK(world.video(video.id).state == VideoState::ready);
    CHECK(world.view(video.id).progress.percent < 100);
    CHECK(codeOf([&] { world.service.convertAgain(video.id, world.actor); }) == "video.busy");
    makeReady(world, clips[0], "bb");
    CHECK(world.view(video.id).progress.percent == 100);
    // Made anew, it is the first again although its clip is younger than the others'.
    world.service.requestClip(video.id, "whatsapp", world.actor);
    makeReady(world, world.clips(video.id).at(0), "cc");
    CHECK(world.view(video.id).clips.at(0).clip.sha256 == "cc");
  }
  SECTION("a further one fails: the video stays ready, and only that one is made again") {
    makeReady(world, clips[1], "aa");
    fail(world, clips[0], "transcoder.timeout");
    CHECK(world.video(video.id).state == VideoState::ready);
    world.service.convertAgain(video.id, world.actor);
    const auto again = world.clips(video.id);
    REQUIRE(again.size() == 3);
    CHECK(again[0].profile == "telegram");
    CHECK(world.video(video.id).state == VideoState::ready);
  }
  SECTION("the first fails: the others are made, then the video has failed with its reason") {
    fail(world, clips[1], "transcoder.timeout");
    CHECK(world.video(video.id).state == VideoState::transcoding);
    makeReady(world, clips[0], "bb");
    const Video failed = world.video(video.id);
    CHECK(failed.state == VideoState::failed);
    const auto failure = nlohmann::json::parse(failed.failure).get<Failure>();
    CHECK(failure.code == "transcoder.timeout");
    CHECK(failure.what.de == "Die Umwandlung dauerte zu lange.");

    CHECK(world.service.convertAgain(video.id, world.actor).state == VideoState::transcoding);
    const auto again = world.clips(video.id);
    REQUIRE(again.size() == 3);
    CHECK(again[0].profile == "whatsapp");
    CHECK(world.video(video.id).failure.empty());
    makeReady(world, again[0], "cc");
    CHECK(world.video(video.id).state == VideoState::ready);
  }
  SECTION("the first is refused: the video says why, and which choices there are") {
    const Failure tooLong{"rendition.too_long",
                          {"Zu lang.", "Too long."},
                          {"Kürzen.", "Trim."},
                          {{"choice.trim", {"Auf 45 s kürzen", "Trim to 45 s"}, 45'000}}};
    world.write([&](db::Transaction& tx) {
      CHECK(ClipRepository(tx).refuse(clips[1].id, tooLong));
      updateState(tx, video.id, world.clock.now());
    });
    makeReady(world, clips[0], "bb");
    const Video refused = world.video(video.id);
    CHECK(refused.state == VideoState::failed);
    CHECK(nlohmann::json::parse(refused.failure).get<Failure>() == tooLong);
    CHECK(world.view(video.id).clips.at(0).clip.state == ClipState::refused);
  }
}

TEST_CASE("a video is ready once its poster is there too, or cannot be made", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  probed(world, video.id);
  world.write([&](db::Transaction& tx) {
    Clip clip = ClipRepository(tx).ofVideo(video.id).at(0);
    clip.sha256 = "ab";
    clip.report = clip.reportMac = "{}";
    CHECK(ClipRepository(tx).setEncoding(clip.id));
    CHECK(ClipRepository(tx).makeReady(clip, world.clock.now()));
    updateState(tx, video.id, world.clock.now());
  });
  const VideoView waiting = world.view(video.id);
  CHECK(waiting.video.state == VideoState::transcoding);
  CHECK(waiting.progress.percent == 99);
  CHECK(waiting.progress.words.en == "Making the poster");
  // Nobody had ordered the poster, as in an older release: now it is.
  CHECK(world.count("jobs WHERE kind = 'video.pictures' AND state = 'waiting'") == 1);
  SECTION("made") { world.addPoster(video.id); }
  SECTION("not to be made") {
    world.write([&](db::Transaction& tx) {
      VideoRepository(tx).setPictureFailure(video.id, failureFor("transcoder.timeout"));
      updateState(tx, video.id, world.clock.now());
    });
  }
  CHECK(world.video(video.id).state == VideoState::ready);
  CHECK(world.view(video.id).progress.percent == 100);
}

TEST_CASE("a served profile shows the clip of the one that serves it", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  world.profiles = Profiles(transcoder::builtInProfiles(), {"whatsapp", "web-720"});
  const Video video = world.upload("x");
  probed(world, video.id);
  const auto clips = world.clips(video.id);
  makeReady(world, clips[1], "aa");
  world.write([&](db::Transaction& tx) { CHECK(ClipRepository(tx).serve(clips[0], "whatsapp")); });
  const auto shown = world.database->read(
      [&](db::Connection& c) { return ClipRepository(c).playable(video.id, "web-720"); });
  REQUIRE(shown);
  CHECK(shown->sha256 == "aa");
  CHECK(world.view(video.id).clips.at(1).clip.servedBy == "whatsapp");
  CHECK(world.view(video.id).progress.percent == 100);

  // Asked for once more it may get its own, which then counts.
  world.service.requestClip(video.id, "web-720", world.actor);
  makeReady(world, world.clips(video.id).at(0), "bb");
  CHECK(world.database->read([&](db::Connection& c) {
    return ClipRepository(c).playable(video.id, "web-720")->sha256;
  }) == "bb");
}

TEST_CASE("profiles for uploads must exist, each once", "[videos]") {
  const auto all = transcoder::builtInProfiles();
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"whatsapp", "telex"}, {"whatsapp", "whatsapp"}, {}})
    CHECK(codeOf([&] { Profiles(all, names); }) == "profiles.unknown");
  try {
    Profiles(all, {"telex", "fax"});
  } catch (const Error& error) {
    CHECK(error.details().size() == 2);
    CHECK(error.details()[0].what.find("whatsapp") != std::string::npos);
  }
  CHECK(Profiles(all, {"web-720"}).isForUploads("web-720"));
}

TEST_CASE("more profiles than one job can make are shared by several", "[videos]") {
  World world(db::Engine::sqlite);
  Profiles::ByName all;
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= transcoder::kMaxRenditions; ++i) {
    names.push_back("whatsapp-" + std::to_string(i));
    all[names.back()] = world.profiles.get("whatsapp");
  }
  world.profiles = Profiles(all, names);
  const Video video = world.upload("x");
  probed(world, video.id);
  CHECK(world.count("clips WHERE state = 'planned'") ==
        static_cast<std::int64_t>(transcoder::kMaxRenditions) + 1);
  CHECK(world.count("jobs WHERE kind = 'video.transcode'") == 2);
}

TEST_CASE("a ready clip stays until the new one is ready, then gives way", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  probed(world, video.id);
  const Clip old = makeReady(world, world.clips(video.id).at(0), "aa");
  world.service.convertAgain(video.id, world.actor);
  auto current = [&] {
    return world.database->read(
        [&](db::Connection& c) { return ClipRepository(c).current(video.id, old.profile)->id; });
  };
  CHECK(current() == old.id);
  CHECK(world.view(video.id).clips.size() == 2);
  CHECK(codeOf([&] { world.service.convertAgain(video.id, world.actor); }) == "video.busy");

  SECTION("it succeeds") {
    const Clip made = makeReady(world, world.clips(video.id).at(0), "bb");
    CHECK(current() == made.id);
    CHECK(world.clips(video.id).at(1).state == ClipState::superseded);
    CHECK(world.database->read([](db::Connection& c) { return ClipRepository(c).findByHash("aa"); })
              ->id == old.id);
  }
  SECTION("it fails: the video is as ready as before") {
    fail(world, world.clips(video.id).at(0), "transcoder.timeout");
    CHECK(current() == old.id);
    CHECK(world.video(video.id).state == VideoState::ready);
  }
}

TEST_CASE("a failed probe is done again on request", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  CHECK(codeOf([&] { world.service.convertAgain(video.id, world.actor); }) == "video.busy");
  world.write([&](db::Transaction& tx) {
    jobs::JobQueue(tx).cancelAbout(kProbeJob, video.id.value, world.clock.now());
    VideoRepository(tx).fail(video.id, failureFor("media.full"), world.clock.now());
  });
  CHECK(world.service.convertAgain(video.id, world.actor).state == VideoState::uploaded);
  CHECK(world.count("jobs WHERE kind = 'video.probe' AND state = 'waiting'") == 1);
}

TEST_CASE("a removed video takes its clips and its work with it", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video kept = world.upload("x");
  const Video video = world.upload("x");
  probed(world, video.id);
  world.service.remove(video.id, world.actor);
  CHECK(codeOf([&] { world.video(video.id); }) == "video.not_found");
  CHECK(codeOf([&] { world.service.remove(video.id, world.actor); }) == "video.not_found");
  CHECK(world.count("clips") == 0);
  CHECK(world.count("video_pictures") == 0);
  CHECK(world.count("jobs WHERE state = 'waiting'") == 1);
  CHECK(world.video(kept.id).state == VideoState::uploaded);
  CHECK(world.count("audit_log WHERE action = 'video.removed'") == 1);
}

TEST_CASE("a video stays while a campaign holds one of its clips", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  probed(world, video.id);
  const Clip clip = makeReady(world, world.clips(video.id).at(0), "aa");
  pinInCampaign(world, clip);
  CHECK(codeOf([&] { world.service.remove(video.id, world.actor); }) == "video.in_use");
  CHECK(world.video(video.id).state == VideoState::ready);
  CHECK(world.clips(video.id).size() == 1);
}

TEST_CASE("a list goes from the newest to the oldest, page by page", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  for (int i = 0; i < 5; ++i) world.upload("x", {std::to_string(i), ""});
  auto page = [&](VideoId before) {
    return world.database->read(
        [&](db::Connection& c) { return VideoRepository(c).list(before, 2); });
  };
  auto first = page({});
  REQUIRE(first.size() == 2);
  CHECK(first[0].title == "4");
  CHECK(page(first[1].id)[0].title == "2");
  CHECK(page({1}).empty());
}

TEST_CASE("a list shows what each video shows, and costs the same however long it is", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  world.profiles = Profiles(transcoder::builtInProfiles(), {"whatsapp", "telegram"});
  for (int i = 0; i < 4; ++i) world.upload(i < 2 ? "same" : std::to_string(i));
  probed(world, {2});
  makeReady(world, world.clips({2}).at(1), "aa");
  addPicture(world, world.video({2}), PictureKind::poster);
  addPicture(world, world.video({2}), PictureKind::thumbnail);
  addPicture(world, world.video({2}), PictureKind::storyboard);
  probed(world, {3});
  fail(world, world.clips({3}).at(1), "transcoder.timeout");
  world.edits.setEdits({2}, 1, {{"mute", true}}, world.actor);

  const auto viewsOfList = [&](int limit, int& queries) {
    return world.database->read([&](db::Connection& c) {
      Counting counted(c);
      auto views = viewsOf(counted, VideoRepository(counted).list({}, limit));
      queries = counted.queries;
      return views;
    });
  };
  int one = 0, four = 0;
  CHECK(viewsOfList(1, one).size() == 1);
  const auto views = viewsOfList(4, four);
  CHECK(one == four);
  REQUIRE(views.size() == 4);
  for (const VideoView& view : views) {
    const VideoView alone = world.view(view.video.id);
    CHECK(view.progress.percent == alone.progress.percent);
    CHECK(view.progress.words == alone.progress.words);
    CHECK(view.sameOriginal == alone.sameOriginal);
    REQUIRE(view.clips.size() == alone.clips.size());
    for (std::size_t i = 0; i < view.clips.size(); ++i) {
      CHECK(view.clips[i].clip.id == alone.clips[i].clip.id);
      CHECK(view.clips[i].clip.failure == alone.clips[i].clip.failure);
      CHECK(view.clips[i].progress.percent == alone.clips[i].progress.percent);
      CHECK(view.clips[i].clip.report.empty());
    }
    std::vector<VideoPicture> posters = alone.pictures;
    std::erase_if(posters, [](const VideoPicture& each) {
      return each.kind != PictureKind::poster && each.kind != PictureKind::thumbnail;
    });
    REQUIRE(view.pictures.size() == posters.size());
    for (std::size_t i = 0; i < posters.size(); ++i) {
      CHECK(view.pictures[i].kind == posters[i].kind);
      CHECK(view.pictures[i].revision == posters[i].revision);
    }
  }
  CHECK(views[2].pictures.size() == 2);  // of the edits before
  CHECK(viewsOfList(0, one).empty());
}

TEST_CASE("a video's progress is that of all its jobs", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  probed(world, video.id);
  const auto claim = [&] {
    return *world.write([&](db::Transaction& tx) {
      return jobs::JobQueue(tx).claim(kTranscodeJob, "t", world.clock.now(), Millis(60'000));
    });
  };
  const jobs::Lease older = claim();
  const auto progress = [&](const jobs::Lease& lease, int percent) {
    world.write([&](db::Transaction& tx) {
      jobs::JobQueue(tx).progress(lease, percent, {"Wird kodiert", "Encoding"});
    });
  };
  progress(older, 40);
  world.service.requestClip(video.id, "telegram", world.actor);
  // One of two clips is 40 per cent there.
  CHECK(world.view(video.id).progress.percent == 10 + 20 * 90 / 100);
  CHECK(world.view(video.id).progress.words == Words{"Wird kodiert", "Encoding"});
  CHECK(world.view(video.id).clips.at(0).progress.percent == 40);
  CHECK(world.view(video.id).clips.at(1).progress.percent == 0);
  const jobs::Lease younger = claim();
  progress(younger, 80);
  CHECK(world.view(video.id).progress.percent == 10 + 60 * 90 / 100);
  CHECK(world.view(video.id).clips.at(0).progress.percent == 40);
  CHECK(world.view(video.id).clips.at(1).progress.percent == 80);
  // That one of them waits for another attempt is told while the other still works.
  const TimePoint later = world.clock.now() + Millis(10'000);
  world.write([&](db::Transaction& tx) {
    jobs::JobQueue(tx).retry(older, {"media.full", "full", "hint"}, later);
  });
  const Progress both = world.view(video.id).progress;
  CHECK(both.words == Words{"Wird kodiert", "Encoding"});
  CHECK(both.lastError == "media.full");
  CHECK(both.retryAt == later);
  CHECK(both.percent == 10 + 40 * 90 / 100);
}

TEST_CASE("a video shows how far its work is and when it is tried again", "[videos]") {
  World world(GENERATE(values(kBothEngines)));
  const Video video = world.upload("x");
  probed(world, video.id);
  const auto lease = world.write([&](db::Transaction& tx) {
    return jobs::JobQueue(tx).claim(kTranscodeJob, "t", world.clock.now(), Millis(60'000));
  });
  REQUIRE(lease);
  world.write([&](db::Transaction& tx) {
    jobs::JobQueue(tx).progress(*lease, 50, {"Wird kodiert", "Encoding"});
  });
  CHECK(world.view(video.id).progress.percent == 55);
  CHECK(world.view(video.id).progress.words == Words{"Wird kodiert", "Encoding"});
  CHECK(world.view(video.id).clips.at(0).progress.percent == 50);
  const TimePoint later = world.clock.now() + Millis(10'000);
  world.write([&](db::Transaction& tx) {
    jobs::JobQueue(tx).retry(*lease, {"media.full", "full", "hint"}, later);
  });
  const Progress progress = world.view(video.id).progress;
  CHECK(progress.retryAt == later);
  CHECK(progress.lastError == "media.full");
}

TEST_CASE("every failure speaks German and English and says what to do", "[videos]") {
  for (const char* code :
       {"transcoder.timeout", "transcoder.killed", "media.full", "media.not_found",
        "clip.not_conforming", "job.died", "job.cancelled", "something.unheard_of"}) {
    const Failure failure = failureFor(code);
    CHECK(failure.code == code);
    for (const std::string& text :
         {failure.what.de, failure.what.en, failure.hint.de, failure.hint.en})
      CHECK(text.size() > 10);
    CHECK(nlohmann::json(failure).get<Failure>() == failure);
  }
  CHECK(failureFor("out_of_space").what == failureFor("media.full").what);  // the database's disk
}
