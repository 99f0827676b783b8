#include "videos/clip_proof.h"

#include <fcntl.h>

#include "support/catch.h"
#include "transcoder/report.h"
#include "world.h"

using namespace clipcourier;
using namespace clipcourier::videos;

namespace {

const crypto::KeyRing kKeys{Secret("master")};
const std::string kClipBytes = "clip bytes";

transcoder::Report passingReport() {
  transcoder::Report report;
  report.profile = "whatsapp";
  report.sha256 = crypto::hex(crypto::sha256(kClipBytes));
  report.bytes = kClipBytes.size();
  report.passed = true;
  report.claims = {{"video.b_slices", "0", "0", true}};
  return report;
}

Clip clipWith(const transcoder::Report& report) {
  Clip clip;
  clip.id = {7};
  clip.profile = report.profile;
  clip.state = ClipState::ready;
  clip.sha256 = report.sha256;
  clip.size = {report.bytes};
  clip.report = canonicalBytes(report);
  clip.reportMac = ClipProof(kKeys).mac(clip.sha256, clip.report);
  return clip;
}

std::string reasonAgainst(const Clip& clip) {
  const auto problem = ClipProof(kKeys).problem(clip);
  if (!problem) return "none";
  CHECK_THROWS_AS(ClipProof(kKeys).verify(clip), Error);
  CHECK(problem->where == "clip 7");
  return problem->code;
}

}  // namespace

TEST_CASE("a clip with its own passing report may be sent, also when a newer one replaced it",
          "[videos]") {
  Clip clip = clipWith(passingReport());
  CHECK(reasonAgainst(clip) == "none");
  ClipProof(kKeys).verify(clip);
  clip.state = ClipState::superseded;
  CHECK(reasonAgainst(clip) == "none");
}

TEST_CASE("a clip whose proof does not fit must not be sent", "[videos]") {
  Clip clip = clipWith(passingReport());
  SECTION("not ready") {
    clip.state = ClipState::encoding;
    CHECK(reasonAgainst(clip) == "clip.not_ready");
  }
  SECTION("no report") {
    clip.report.clear();
    CHECK(reasonAgainst(clip) == "clip.no_report");
  }
  SECTION("no MAC") {
    clip.reportMac.clear();
    CHECK(reasonAgainst(clip) == "clip.bad_mac");
  }
  SECTION("a report somebody edited") {
    clip.report.replace(clip.report.find("\"measured\":\"0\""), 14, "\"measured\":\"1\"");
    CHECK(reasonAgainst(clip) == "clip.bad_mac");
  }
  SECTION("a hash somebody edited") {
    clip.sha256 = std::string(64, 'd');
    CHECK(reasonAgainst(clip) == "clip.bad_mac");
  }
  SECTION("a MAC of another key") {
    clip.reportMac = ClipProof(crypto::KeyRing(Secret("other"))).mac(clip.sha256, clip.report);
    CHECK(reasonAgainst(clip) == "clip.bad_mac");
  }
  SECTION("the report did not pass") {
    auto report = passingReport();
    report.passed = false;
    CHECK(reasonAgainst(clipWith(report)) == "clip.not_conforming");
  }
  SECTION("the report is of another version") {
    auto report = passingReport();
    report.version = transcoder::kReportVersion + 1;
    CHECK(reasonAgainst(clipWith(report)) == "clip.old_report");
  }
  SECTION("the row says another profile") {
    clip.profile = "mms";
    CHECK(reasonAgainst(clip) == "clip.other_report");
  }
}

TEST_CASE("a stored clip that lost or changed a byte is noticed on demand", "[videos]") {
  TempFolder folder;
  media::FolderStore store(folder / "store");
  TextSource source(kClipBytes);
  const auto stored = store.put(source, 1_MB);
  const Clip clip = clipWith(passingReport());
  ClipProof(kKeys).verifyWithBytes(clip, store);
  const std::string path = folder / ("store/" + stored.sha256.substr(0, 2) + "/" +
                                     stored.sha256.substr(2, 2) + "/" + stored.sha256);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(::pwrite(file.get(), "X", 1, 3) == 1);
  CHECK_THROWS_AS(ClipProof(kKeys).verifyWithBytes(clip, store), Error);
}
