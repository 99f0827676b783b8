// Real files that other people made, through the real program: CLIPCOURIER_CORPUS names their
// folder.

#include <cstdlib>
#include <fstream>
#include <map>

#include "support/catch.h"
#include "support/skip.h"
#include "transcoder/files.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

// Of every kind that is marked `accept`; short ones, so that all of them take two minutes.
const char* const kAccepted[] = {
    "real-stock-1080p25-h264-aac-5s.mp4",
    "real-phone-portrait-1080x1920-h264-2s.mp4",
    "real-screencast-webcam-720p30-h264-aac-8s.mp4",
    "real-rocket-launch-360p24-vp8-vorbis.webm",
    "phone-android-h264-rot90-3gp5.mp4",
    "phone-android-h264-rotate-and-reflect.mp4",
    "phone-android-hevc-rot90-metadata-track.mp4",
    "phone-avchd-1080i60-ac3.mts",
    "phone-canon-1080p-cropped-fullrange.mov",
    "phone-hdr10-pq-hevc10-sdr-container.mp4",
    "phone-iphone-dolbyvision-hdr-rot90-short.mov",
    "phone-iphone-h264-rot90-gps.mov",
    "phone-iphone-hevc10-hlg60-rot90-mebx.mov",
    "phone-iphone-mvhevc-spatial.mov",
    "phone-pixel-motionphoto-two-video-tracks-rot270.mp4",
    "phone-quicktime-arbitrary-matrix.mov",
    "phone-rot90-1080p-h264-51audio.mp4",
    "phone-screenrec-vfr-3026x1386.mp4",
    "codec-3gp-h263-amr.3gp",
    "codec-avi-packed-bframes.avi",
    "codec-dvd-pcm.vob",
    "codec-flv-vp6-mp3.flv",
    "codec-gif-newtons-cradle.gif",
    "codec-mkv-h264-9bit.mkv",
    "codec-mov-mjpeg-pcm8.mov",
    "codec-mp4-editlist-9s.mp4",
    "codec-mp4-empty-edit-5s.mp4",
    "codec-mp4-fragmented-no-duration.mp4",
    "codec-mp4-h264-2x2.mp4",
    "codec-mp4-hevc-one-frame.mp4",
    "codec-mp4-hevc-sar43.mp4",
    "codec-mp4-negative-first-pts.mp4",
    "codec-mp4-two-sample-descriptions.mp4",
    "codec-mp4-vp9.mp4",
    "codec-mpeg2-422-608lines.m2v",
    "codec-mxf-mpeg2.mxf",
    "codec-ogv-theora-vorbis.ogv",
    "codec-prores-4444-alpha.mov",
    "codec-ts-720p60-ac3-51-two-audio.ts",
    "codec-ts-field-coded-mpeg2.ts",
    "codec-ts-h264-16x4000.ts",
    "codec-webm-av1-10bit-opus.webm",
    "codec-webm-vp9-1x-gbr.webm",
    "codec-webm-vp9-odd-161x121.webm",
    "bad-fuzz-1903669-h264-errors.mp4",
    "bad-fuzz-missing-stsd.mp4",
    "bad-huge-duration-47721s.mp4",
    "bad-trunc-claims-1331s.mkv",
};

// And of what is marked `reject`, with the code we give.
const std::map<std::string, std::string> kRefused{
    {"bad-ext-json-named-webp.webp", "input.unknown_format"},
    {"bad-ext-text-named-mp4.mp4", "input.unknown_format"},
    {"bad-ftyp-only-32-bytes-probes-ok.mp4", "input.no_video"},
    {"bad-fuzz-1185230-negative-timescale.mp4", "input.no_pictures"},
    {"bad-fuzz-1833894-fragmented.mp4", "input.damaged"},
    {"bad-huge-1301065-duration-9e12s.mp4", "input.no_video"},
    {"bad-huge-1840002-duration-17179869184s.webm", "input.no_pictures"},
    {"bad-huge-webp-16000x9000.webp", "input.still_image"},
    {"bad-init-segment-only.mp4", "input.no_pictures"},
    {"bad-poly-jpeg-with-mp4-inside.jpg", "input.still_image"},
    {"bad-ref-dash-manifest.mpd", "input.playlist"},
    {"bad-ref-ffconcat-1.ffconcat", "input.playlist"},
    {"bad-ref-hls-http-ssrf.avi", "input.playlist"},
    {"bad-ref-hls-read-passwd-bypass.mp4", "input.playlist"},
    {"bad-ref-hls-read-passwd.avi", "input.playlist"},
    {"bad-ref-master-playlist-file-urls.m3u8", "input.playlist"},
    {"bad-ref-relative-segments.m3u8", "input.playlist"},
    {"bad-trunc-no-moov.mp4", "input.damaged"},
    {"bad-zero-length.webm", "input.empty"},
    {"codec-mp4-vvc.mp4", "input.unsupported_codec"},
    {"codec-mp4-widevine-encrypted.mp4", "input.encrypted"},
    {"codec-webp-animated.webp", "input.animated_webp"},
    {"codec-wmv-drm.wmv", "input.encrypted"},
    {"phone-audio-only.mp4", "input.no_video"},
    {"phone-itunes-song-with-cover.m4a", "input.no_video"},
};

std::string corpus() {
  const char* folder = std::getenv("CLIPCOURIER_CORPUS");
  return folder ? folder : "";
}

}  // namespace

TEST_CASE("real files of every kind become clips, and ffprobe agrees with their reports",
          "[transcoder]") {
  if (corpus().empty()) return skipTest("no CLIPCOURIER_CORPUS");
  for (const char* name : kAccepted) {
    CAPTURE(name);
    Folder folder;
    OutputFiles files(folder);
    Heard heard;
    REQUIRE_NOTHROW(heard = transcode(corpus() + "/" + name, files.work(whatsapp())));
    REQUIRE(heard.reports.size() == 1);
    const Report& report = heard.reports[0];
    INFO(failures(report));
    CHECK(report.passed);
    REQUIRE(heard.posters);
    CHECK(heard.posters->poster.bytes > 100);
    CHECK(heard.posters->thumbnail.bytes < 200'000);
    checkAgainstFfprobe(report, files.clipPath);
  }
}

TEST_CASE("real files that are no usable video are refused, each with its reason", "[transcoder]") {
  if (corpus().empty()) return skipTest("no CLIPCOURIER_CORPUS");
  for (const auto& [name, code] : kRefused) {
    CAPTURE(name);
    Folder folder;
    OutputFiles files(folder);
    try {
      transcode(corpus() + "/" + name, files.work(whatsapp()));
      FAIL_CHECK("was not refused");
    } catch (const RefusedInput& refused) {
      CHECK(refused.code() == code);
    }
    CHECK(std::filesystem::file_size(files.clipPath) == 0);
  }
}
