#include "transcoder/profile.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support/catch.h"
#include "transcoder/files.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

std::string whatsappText() { return contentOf("config/profiles/whatsapp.properties"); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::vector<ErrorDetail> complaintsAbout(const std::string& text) {
  try {
    parseProfile("mine", text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalidInput);
    CHECK(error.code() == "profile.invalid");
    CHECK_FALSE(error.hint().empty());
    return error.details();
  }
  return {};
}

}  // namespace

TEST_CASE("the whatsapp profile stays below what the provider takes", "[transcoder]") {
  const Profile profile = whatsapp();
  CHECK(profile.limit == 16_MB);
  CHECK(profile.target < profile.limit);
  CHECK(profile.video.profile == "main");
  CHECK(profile.video.maxLevel == 40);
  CHECK(profile.video.maxBFrames == 0);
  CHECK(profile.maxSeconds == 600);
  CHECK(profile.video.background == 0xffffff);
  CHECK(profile.purpose == "message");
  CHECK(profile.automatic);
}

TEST_CASE("every channel's limit is kept by its profile", "[transcoder]") {
  const auto all = builtInProfiles();
  CHECK(all.at("whatsapp-light").limit.bytes == 3'500'000);
  CHECK(all.at("telegram").limit == 50_MB);
  CHECK(all.at("telegram").video.profile == "high");
  CHECK(all.at("telegram").video.maxBFrames > 0);
  CHECK(all.at("mms").limit == 600_KB);
  for (const char* name : {"whatsapp", "whatsapp-light", "mms"}) {
    CHECK(all.at(name).video.maxBFrames == 0);
    CHECK(all.at(name).video.profile == "main");
    CHECK(all.at(name).video.maxLevel <= 40);
  }
  for (const char* name : {"web-1080", "web-720", "web-480"}) {
    CHECK(all.at(name).purpose == "watch");
    CHECK(all.at(name).video.profile == "high");
  }
  for (const char* name : {"teaser-webp", "teaser-gif"}) {
    CHECK(all.at(name).purpose == "mail");
    CHECK(all.at(name).limit == 1_MB);
    CHECK(all.at(name).excerptSeconds > 0);
  }
  CHECK(all.at("teaser-webp").format == "webp");
  CHECK(all.at("teaser-gif").format == "gif");
  for (const auto& [name, profile] : all) {
    CAPTURE(name);
    CHECK(profile.target < profile.limit);
    CHECK(nlohmann::json(profile).get<Profile>() == profile);
  }
}

TEST_CASE("a folder of profiles is read by the names of its files", "[transcoder]") {
  Folder folder;
  write(folder / "mine.properties", whatsappText());
  write(folder / "readme.txt", "not a profile");
  const auto profiles = loadProfiles(folder.path());
  REQUIRE(profiles.size() == 1);
  CHECK(profiles.at("mine").name == "mine");
  CHECK(profiles.at("mine").video == whatsapp().video);
  CHECK_THROWS_AS(loadProfiles(folder / "none"), Error);
}

TEST_CASE("a bad profile is refused with every bad line and its key", "[transcoder]") {
  std::string text = replaced(whatsappText(), "video.crf = 23", "video.crf = best");
  text = replaced(text, "video.max_fps = 30", "video.max_fsp = 30");
  const auto complaints = complaintsAbout(text);
  REQUIRE(complaints.size() == 3);
  CHECK(complaints[0].where.find("mine line ") == 0);
  CHECK(complaints[0].what == "unknown key \"video.max_fsp\"");
  CHECK(complaints[1].what.find("video.crf must be a whole number from 10 to 45") == 0);
  CHECK(complaints[2].what == "video.max_fps is missing");
}

TEST_CASE("a profile's values are held to their range", "[transcoder]") {
  const auto [from, to] = GENERATE(table<std::string, std::string>({
      {"video.crf = 23", "video.crf = 99"},
      {"video.crf = 23", "video.crf = 23.5"},
      {"video.crf = 23", "video.crf ="},
      {"video.crf = 23", "just words"},
      {"video.profile = main", "video.profile = extended"},
      {"video.background = #ffffff", "video.background = white"},
      {"video.background = #ffffff", "video.background = #ffffgg"},
      {"video.max_level = 40", "video.max_level = 33"},
      {"video.max_level = 40", "video.max_level = 4.0"},
      {"audio.sample_rate = 48000", "audio.sample_rate = 44000"},
      {"size.target_bytes = 15500000", "size.target_bytes = 17000000"},
      {"audio.channels = 2", "audio.channels = 2\naudio.channels = 2"},
      {"size.limit_bytes = 16000000", "size.limit_bytes = 99999999999999999999"},
      {"purpose = message", "purpose = fun"},
      {"purpose = message", ""},
      {"format = mp4", "format = avi"},
      {"format = mp4", "format = gif"},
      {"rendition.automatic = yes", "rendition.automatic = maybe"},
      {"video.profile = main", "video.profile = baseline\nvideo.max_b_frames = 1"},
      {"quantiser_steps = -3 1 -1 1", "quantiser_steps = -3 x"},
      {"quantiser_steps = -3 1 -1 1", "quantiser_steps = -7"},
      {"max_b_frames = 0", "max_b_frames = 2"},
      {"floor.crf = 37", "floor.crf = 22"},
      {"floor.fps = 12", "floor.fps = 31"},
      {"floor.long_side = 384", "floor.long_side = 1300"},
      {"audio.min_kbps = 32", "audio.min_kbps = 160"},
      {"video.x264 = ref=4 partitions=all rc-lookahead=50 qcomp=0.55", "video.x264 = ref=99"},
      {"video.x264 = ref=4 partitions=all rc-lookahead=50 qcomp=0.55", "video.x264 = ref=2.5"},
      {"video.x264 = ref=4 partitions=all rc-lookahead=50 qcomp=0.55", "video.x264 = ref"},
      {"ref=4 part", "ref=2 ref=3 part"},
      {"video.x264 = ref=4 partitions=all rc-lookahead=50 qcomp=0.55", "video.x264 = threads=1"},
      {"video.x264 = ref=4 partitions=all rc-lookahead=50 qcomp=0.55", "video.x264 = deblock=1"},
      {"video.x264 = ref=4 partitions=all rc-lookahead=50 qcomp=0.55", "video.x264 = me=esa"},
  }));
  CAPTURE(to);
  CHECK_FALSE(complaintsAbout(replaced(whatsappText(), from, to)).empty());
}

TEST_CASE("a key of another format is told apart from an unknown one", "[transcoder]") {
  std::string text = contentOf("config/profiles/teaser-gif.properties");
  const auto complaints =
      complaintsAbout(text + "video.crf = 23\nanimation.quality = 5\nnone = 1\n");
  REQUIRE(complaints.size() == 3);
  CHECK(complaints[0].what == "video.crf means nothing for the format gif");
  CHECK(complaints[1].what == "animation.quality means nothing for the format gif");
  CHECK(complaints[2].what == "unknown key \"none\"");
}

TEST_CASE("what a profile leaves away has a default", "[transcoder]") {
  const Profile light = builtInProfiles().at("whatsapp-light");
  CHECK(light.maxLeadingBlackSeconds == 5);
  CHECK(light.video.keyFrameSeconds == 5);
  CHECK(light.video.background == 0xffffff);
}

TEST_CASE("options of x264 are checked and put as the encoder wants them", "[transcoder]") {
  const std::string text = replaced(
      whatsappText(), "video.x264 =", "video.x264 = ref=3  aq-strength=0.8 deblock=-1,1\n#");
  CHECK(parseProfile("mine", text).video.x264 == "ref=3:aq-strength=0.8:deblock=-1,1");
}

TEST_CASE("a profile survives its way to the worker", "[transcoder]") {
  const Profile profile = whatsapp();
  CHECK(nlohmann::json(profile).get<Profile>() == profile);
}
