#include "transcoder/worker/planner.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "support/catch.h"
#include "transcoder/files.h"
#include "transcoder/worker/advice.h"
#include "transcoder/worker/levels.h"
#include "transcoder/worker/refusals.h"

using namespace clipcourier::transcoder;

namespace {

Probe source(int width, int height, Fraction rate = {30, 1}, bool audio = true) {
  Probe probe;
  probe.video.width = width;
  probe.video.height = height;
  probe.video.frameRate = rate;
  if (audio) probe.audio = Probe::Audio{"aac", 2, 48'000, "stereo", 128};
  return probe;
}

constexpr std::int64_t kSecond = 1'000'000;

double pixels(const Plan& plan) { return static_cast<double>(plan.width) * plan.height; }

}  // namespace

TEST_CASE("a clip is at most 1280 long, even, of the source's shape and never larger",
          "[transcoder]") {
  struct Size {
    int width, height;
  };
  const auto [from, to] = GENERATE(table<Size, Size>({{{1920, 1080}, {1280, 720}},
                                                      {{1080, 1920}, {720, 1280}},
                                                      {{1280, 720}, {1280, 720}},
                                                      {{640, 360}, {640, 360}},
                                                      {{161, 121}, {160, 120}},
                                                      {{7680, 4320}, {1280, 720}},
                                                      {{2, 2}, {2, 2}},
                                                      {{16, 4000}, {4, 1280}}}));
  const Plan made = plan(whatsapp(), source(from.width, from.height), 10 * kSecond);
  CHECK(made.width == to.width);
  CHECK(made.height == to.height);
}

TEST_CASE("the frame rate is the source's or an even part of it", "[transcoder]") {
  CHECK(clipRate({24, 1}, true, 30) == Fraction{24, 1});
  CHECK(clipRate({25, 1}, true, 30) == Fraction{25, 1});
  CHECK(clipRate({30000, 1001}, true, 30) == Fraction{30000, 1001});
  CHECK(clipRate({50, 1}, true, 30).value() == Approx(25));
  CHECK(clipRate({60000, 1001}, true, 30).value() == Approx(29.97).epsilon(0.001));
  CHECK(clipRate({120, 1}, true, 30).value() == Approx(30));
  CHECK(clipRate({90, 1}, true, 30).value() == Approx(30));
  CHECK(clipRate({7, 1}, false, 30) == Fraction{30, 1});
  CHECK(clipRate({2, 1}, true, 30).value() >= 5);
}

TEST_CASE("no plan can pass the byte target, however long or large the source", "[transcoder]") {
  const Profile profile = whatsapp();
  for (const int seconds : {1, 5, 30, 60, 120, 300, 599})
    for (const bool audio : {true, false})
      for (const int height : {90, 360, 720, 2160}) {
        const Plan made =
            plan(profile, source(height * 16 / 9, height, {30, 1}, audio), seconds * kSecond);
        CAPTURE(seconds, audio, height, made.maxKbps, made.bufferKbit, made.audioKbps);
        const double kbit =
            (made.maxKbps + made.audioKbps) * static_cast<double>(seconds) + made.bufferKbit;
        CHECK(kbit * 1000 / 8 <= static_cast<double>(profile.target.bytes));
        CHECK(made.audioKbps <= profile.audio.maxKbps);
        CHECK((made.audioKbps > 0) == audio);
        CHECK(made.slots == std::llround(seconds * made.frameRate.value()));
      }
}

TEST_CASE("a longer source never gets more bits per second nor a larger picture", "[transcoder]") {
  Plan before = plan(whatsapp(), source(1920, 1080), 1 * kSecond);
  for (int seconds = 2; seconds <= 600; seconds += 7) {
    const Plan made = plan(whatsapp(), source(1920, 1080), seconds * kSecond);
    CAPTURE(seconds);
    CHECK(made.maxKbps <= before.maxKbps);
    CHECK(made.width <= before.width);
    before = made;
  }
  CHECK(before.width >= 320);
}

TEST_CASE("a long source that needs few bits keeps its size", "[transcoder]") {
  Probe easy = source(1280, 720);
  CHECK(plan(whatsapp(), easy, 590 * kSecond).width < 1280);
  easy.video.codec = "h264";
  easy.video.kbps = 60;
  CHECK(plan(whatsapp(), easy, 590 * kSecond).width == 1280);
}

TEST_CASE("what an encode found out makes the next plan fit the content", "[transcoder]") {
  const Probe video = source(1280, 720);
  const Plan first = plan(whatsapp(), video, 60 * kSecond);
  CHECK(first.width == 1280);
  // It took all it was given, and the rate factor went to 40: five times as hard as it looked.
  const auto bytes = static_cast<std::uint64_t>(first.maxKbps + first.audioKbps) * 60 * 1000 / 8;
  const Plan hard = encoded(first, video, bytes, 40);
  CHECK(hard.expectedCrf == 40);
  const Plan second = plan(whatsapp(), video, 60 * kSecond, hard.complexity);
  CHECK(pixels(second) < pixels(first));
  CHECK(second.expectedCrf < 33);

  const Plan easy = encoded(first, video, bytes / 4, 23);
  CHECK(pixels(plan(whatsapp(), video, 60 * kSecond, easy.complexity)) == pixels(first));

  // Of what is as hard as noise less fits, and the choices know how much.
  const Plan noise = encoded(first, video, bytes, 51);
  CHECK(longestSeconds(whatsapp(), video, noise.complexity) <
        longestSeconds(whatsapp(), video) / 2);
}

TEST_CASE("a clip that came out too large is planned tighter", "[transcoder]") {
  const Plan first = plan(whatsapp(), source(1280, 720), 120 * kSecond);
  const Plan second = tighter(first, whatsapp(), 17'000'000);
  CHECK(second.maxKbps < first.maxKbps);
  CHECK(second.width == first.width);
}

namespace {

// One random case: a built-in profile with its limits changed, and a source.
struct Case {
  Profile profile;
  Probe source;
  std::int64_t durationUs = 0;
  Complexity complexity;
};

class Cases {
 public:
  explicit Cases(unsigned seed) : random_(seed) {}
  Case next() {
    static const auto all = builtInProfiles();
    Case made;
    made.profile = std::next(all.begin(), pick(0, static_cast<int>(all.size()) - 1))->second;
    made.profile.target.bytes = static_cast<std::uint64_t>(pick(200, 50'000)) * 1000;
    made.profile.limit.bytes = made.profile.target.bytes * 103 / 100;
    made.profile.video.minSourceLongSide = 0;
    static constexpr Fraction kRates[] = {{24000, 1001}, {25, 1}, {30, 1}, {50, 1},
                                          {60, 1},       {90, 1}, {12, 1}, {240, 1}};
    made.source = source(pick(2, 4096), pick(2, 4096), kRates[pick(0, 7)], pick(0, 3) > 0);
    made.source.video.codec = pick(0, 1) ? "h264" : "prores";
    made.source.video.constantRate = pick(0, 4) > 0;
    made.source.video.kbps = pick(0, 30'000);
    made.durationUs = pick(1, 700'000) * 1000LL;
    if (pick(0, 2) == 0) made.complexity = pick(5, 500) / 1000.0;
    return made;
  }

 private:
  int pick(int lowest, int highest) {
    return std::uniform_int_distribution<int>(lowest, highest)(random_);
  }
  std::mt19937 random_;
};

std::optional<Plan> planned(const Case& of) {
  try {
    return plan(of.profile, of.source, of.durationUs, of.complexity);
  } catch (const Refused& refused) {
    CHECK(refused.refusal().code == "input.too_long");
    return std::nullopt;
  }
}

// The most bytes a clip of this plan can have: buffer and rates, and the tables of the MP4.
double mostBytes(const Plan& plan, std::int64_t durationUs) {
  const double seconds = static_cast<double>(durationUs) / 1e6;
  const double kbit = (plan.maxKbps + plan.audioKbps * 1.02) * seconds + plan.bufferKbit;
  return kbit * 125 + static_cast<double>(plan.slots) * 12 + (plan.audioKbps ? seconds * 500 : 0);
}

void checkPlan(const Case& of, const Plan& made) {
  const Profile& profile = of.profile;
  const int longest = std::max(of.source.video.width, of.source.video.height);
  CHECK(made.width % 2 == 0);
  CHECK(made.height % 2 == 0);
  CHECK(made.width >= 2);
  CHECK(made.height >= 2);
  CHECK(std::max(made.width, made.height) <=
        std::max(2, std::min(longest, profile.video.maxLongSide)));
  CHECK(made.frameRate.value() <= profile.video.maxFps + 0.02);
  CHECK(made.slots >= 1);
  if (profile.format != "mp4") {
    CHECK(made.audioKbps == 0);
    CHECK(made.slots <= profile.excerptSeconds * profile.video.maxFps + 1);
    return;
  }
  CHECK(mostBytes(made, of.durationUs) <= static_cast<double>(profile.target.bytes));
  CHECK(made.maxKbps <= profile.video.maxKbps);
  CHECK((made.audioKbps > 0) == of.source.audio.has_value());
  CHECK(made.audioKbps <= profile.audio.maxKbps);
  CHECK(made.crf >= profile.video.crf);
  CHECK(made.expectedCrf <= profile.floor.crf + 1e-9);
  CHECK(
      levelLimits(profile.video.maxLevel).allows(made.width, made.height, made.frameRate.value()));
}

}  // namespace

TEST_CASE("whatever the profile and the source, a plan keeps every limit", "[transcoder]") {
  const unsigned seed = GENERATE(1U, 2U, 3U, std::random_device{}());
  CAPTURE(seed);
  Cases cases(seed);
  int made = 0;
  for (int i = 0; i < 4'000; ++i) {
    const Case of = cases.next();
    CAPTURE(i, of.profile.name, of.profile.target.bytes, of.source.video.width,
            of.source.video.height, of.durationUs);
    if (const auto plan = planned(of)) {
      checkPlan(of, *plan);
      ++made;
    }
  }
  CHECK(made > 1'000);
}

TEST_CASE("more time never gives a better plan, more bytes never a worse one", "[transcoder]") {
  const unsigned seed = GENERATE(1U, 2U, 3U, std::random_device{}());
  CAPTURE(seed);
  Cases cases(seed);
  for (int i = 0; i < 2'000; ++i) {
    const Case of = cases.next();
    CAPTURE(i, of.profile.name, of.profile.target.bytes, of.source.video.width,
            of.source.video.height, of.durationUs);
    const auto now = planned(of);
    Case longer = of, larger = of;
    longer.durationUs = of.durationUs * 5 / 4 + 1000;
    larger.profile.target.bytes = of.profile.target.bytes * 6 / 5;
    larger.profile.limit.bytes = larger.profile.target.bytes;
    const auto after = planned(longer), more = planned(larger);
    if (after) {
      REQUIRE(now);
      CHECK(pixels(*after) <= pixels(*now));
      CHECK(after->frameRate.value() <= now->frameRate.value() + 1e-9);
      if (pixels(*after) == pixels(*now) && after->frameRate == now->frameRate)
        CHECK(after->maxKbps <= now->maxKbps);
    }
    if (now) {
      REQUIRE(more);
      CHECK(pixels(*more) >= pixels(*now));
      CHECK(more->frameRate.value() >= now->frameRate.value() - 1e-9);
    }
  }
}

TEST_CASE("a tight budget first halves the rate of 60, then the size, then the rate again",
          "[transcoder]") {
  const Profile telegram = builtInProfiles().at("telegram");
  const Probe fast = source(1920, 1080, {60, 1});
  CHECK(plan(telegram, fast, 10 * kSecond).frameRate == Fraction{60, 1});
  double rate = 60, width = 1920;
  for (int seconds = 20; seconds <= 1'200; seconds += 20) {
    const Plan made = plan(telegram, fast, seconds * kSecond);
    CAPTURE(seconds, made.width);
    if (made.width < 1920) CHECK(made.frameRate.value() <= 30);
    if (made.frameRate.value() < 30) CHECK(made.width <= 960);
    CHECK(made.frameRate.value() <= rate);
    CHECK(made.width <= width);
    rate = made.frameRate.value();
    width = made.width;
  }
  CHECK(rate == 15);
}

TEST_CASE("what is below the quality floor is refused with choices that help", "[transcoder]") {
  const Profile mms = builtInProfiles().at("mms");
  const Probe video = source(1920, 1080);
  const int most = longestSeconds(mms, video);
  REQUIRE(most > 10);
  CHECK_NOTHROW(plan(mms, video, most * kSecond));
  try {
    plan(mms, video, (most + 2) * kSecond);
    FAIL("was not refused");
  } catch (const Refused& refused) {
    const Refusal& refusal = refused.refusal();
    CHECK(refusal.code == "input.too_long");
    REQUIRE(refusal.choices.size() == 3);
    CHECK(refusal.choices[0].code == "choice.trim");
    CHECK(refusal.choices[0].value == most * 1000);
    CHECK(refusal.choices[1].code == "choice.excerpt");
    const std::string limit = std::to_string(mms.limit.bytes / 1000);
    CHECK(refusal.what.de.find(' ' + limit + ",0 kB") != std::string::npos);
    CHECK(refusal.what.en.find(' ' + limit + ".0 kB") != std::string::npos);
    CHECK(refusal.choices[2].code == "choice.watch_only");
    for (const Choice& choice : refusal.choices) {
      CHECK_FALSE(choice.words.de.empty());
      CHECK_FALSE(choice.words.en.empty());
    }
  }
}

TEST_CASE("what no length helps is not told to be shortened", "[transcoder]") {
  Profile tiny = builtInProfiles().at("mms");
  tiny.limit = tiny.target = {10'000};
  REQUIRE(longestSeconds(tiny, source(1920, 1080)) == 0);
  try {
    plan(tiny, source(1920, 1080), 5 * kSecond);
    FAIL("was not refused");
  } catch (const Refused& refused) {
    const Refusal& refusal = refused.refusal();
    CHECK(refusal.code == "input.too_long");
    CHECK((refusal.what.en + refusal.hint.en).find("0:0") == std::string::npos);
    CHECK((refusal.what.de + refusal.hint.de).find("0:0") == std::string::npos);
    REQUIRE(refusal.choices.size() == 1);
    CHECK(refusal.choices[0].code == "choice.watch_only");
  }
}

TEST_CASE("a source that a smaller rendition shows completely gets no larger one", "[transcoder]") {
  const auto all = builtInProfiles();
  try {
    plan(all.at("web-1080"), source(1280, 720), 10 * kSecond);
    FAIL("was not refused");
  } catch (const Refused& refused) {
    CHECK(refused.refusal().code == "rendition.not_needed");
  }
  CHECK(plan(all.at("web-720"), source(1280, 720), 10 * kSecond).width == 1280);
  CHECK(plan(all.at("web-480"), source(640, 360), 10 * kSecond).width == 640);
}

TEST_CASE("advice names a length that is clearly sharper, and what the source lacks",
          "[transcoder]") {
  const auto advise = [](const Probe& probe, int seconds, std::optional<Quality> quality) {
    return adviceFor(whatsapp(), probe, plan(whatsapp(), probe, seconds * kSecond), quality, false);
  };
  CHECK(advise(source(1920, 1080), 20, Quality{980'000, 42'000}).empty());
  const auto longOne = advise(source(1920, 1080), 400, Quality{900'000, 30'000});
  CHECK(hasNotice(longOne, "advice.trim"));
  CHECK(hasNotice(longOne, "advice.visible_loss"));
  const auto smallOne = advise(source(320, 240), 20, std::nullopt);
  CHECK(hasNotice(smallOne, "advice.small_source"));
  checkWords(longOne);
  checkWords(smallOne);
}

TEST_CASE("noise, the hardest content, lands below the limit of each profile", "[transcoder]") {
  Folder folder;
  draw(
      "-f lavfi -i testsrc2=size=640x360:rate=25:duration=3,noise=alls=80:allf=t "
      "-f lavfi -i sine=duration=3 -c:v mpeg4 -q:v 2 -c:a aac",
      folder / "noise.mp4");
  for (auto [name, profile] : builtInProfiles()) {
    if (profile.format != "mp4") continue;
    CAPTURE(name);
    // So few bytes that the budget decides.
    profile.limit = {400'000};
    profile.target = {388'000};
    profile.floor.crf = 63;  // whatever it looks like
    profile.video.minSourceLongSide = 0;
    OutputFiles files(folder);
    const Heard heard = transcode(folder / "noise.mp4", files.work(profile));
    REQUIRE(heard.reports.size() == 1);
    CHECK(heard.reports[0].bytes <= 400'000);
    CHECK(heard.reports[0].bytes >= 100'000);
    CHECK(failures(heard.reports[0]) == "");
  }
}

namespace {

// How many steps of the progress say this.
std::ptrdiff_t stepsThatSay(const Heard& heard, const std::string& words) {
  return std::count_if(heard.steps.begin(), heard.steps.end(),
                       [&](const Progress& step) { return step.words.en == words; });
}

const char* const kFirst = "Making the clip.";
const char* const kSmaller = "Making the clip smaller.";

}  // namespace

TEST_CASE("a film whose first encode fits is encoded once", "[transcoder]") {
  Folder folder;
  draw("-f lavfi -i testsrc2=size=640x360:rate=25:duration=3 -c:v mpeg4 -q:v 3",
       folder / "film.mp4");
  OutputFiles files(folder);
  const Heard heard = transcode(folder / "film.mp4", files.work(whatsapp()));
  REQUIRE(heard.reports.size() == 1);
  CHECK_FALSE(heard.reports[0].passthrough);
  CHECK(stepsThatSay(heard, kFirst) > 5);
  CHECK(stepsThatSay(heard, kSmaller) == 0);
}

TEST_CASE("content that is much harder than it looked is made smaller, or refused with choices",
          "[transcoder]") {
  Folder folder;
  draw(
      "-f lavfi -i testsrc2=size=960x540:rate=25:duration=12,noise=alls=40:allf=t "
      "-c:v mpeg4 -q:v 2",
      folder / "noise.mp4");
  Profile profile = whatsapp();
  profile.audio.minKbps = 0;
  const auto made = [&](std::uint64_t bytes) {
    profile.limit = {bytes};
    profile.target = {bytes * 97 / 100};
    OutputFiles files(folder);
    return transcode(folder / "noise.mp4", files.work(profile));
  };
  const Heard ample = made(12'000'000);
  REQUIRE(ample.reports.size() == 1);
  CHECK(ample.reports[0].width == 960);
  // A third of the bytes: half of the size looks better, and uses what there is.
  const Heard little = made(4'000'000);
  REQUIRE(little.reports.size() == 1);
  CHECK(failures(little.reports[0]) == "");
  CHECK(little.reports[0].width < 600);
  CHECK(stepsThatSay(little, kSmaller) > 0);
  CHECK(little.reports[0].bytes > 2'000'000);
  CHECK(little.reports[0].bytes <= 4'000'000);
  CHECK(little.reports[0].quality->ssimPpm > ample.reports[0].quality->ssimPpm);
  const Heard nothing = made(100'000);
  CHECK(nothing.reports.empty());
  REQUIRE(nothing.refused.size() == 1);
  CHECK(nothing.refused[0].refusal.code == "input.too_long");
  CHECK(nothing.refused[0].refusal.choices.size() > 1);
}
