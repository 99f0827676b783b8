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
      {"size.target_bytes = 15500000", "size.target_bytes = 17000000"},
      {"audio.channels = 2", "audio.channels = 2\naudio.channels = 2"},
      {"size.limit_bytes = 16000000", "size.limit_bytes = 99999999999999999999"},
  }));
  CAPTURE(to);
  CHECK_FALSE(complaintsAbout(replaced(whatsappText(), from, to)).empty());
}

TEST_CASE("a profile survives its way to the worker", "[transcoder]") {
  const Profile profile = whatsapp();
  CHECK(nlohmann::json(profile).get<Profile>() == profile);
}
