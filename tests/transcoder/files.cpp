#include "transcoder/files.h"

#include <fcntl.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "support/catch.h"

namespace clipcourier::transcoder {

Descriptor openToRead(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw std::runtime_error("cannot open " + path.string());
  return file;
}

Descriptor openNew(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) throw std::runtime_error("cannot create " + path.string());
  return file;
}

std::string contentOf(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

OutputFiles::OutputFiles(const Folder& folder)
    : clipPath(folder / "clip.mp4"),
      posterPath(folder / "poster.jpg"),
      thumbnailPath(folder / "thumbnail.jpg"),
      clip(openNew(clipPath)),
      poster(openNew(posterPath)),
      thumbnail(openNew(thumbnailPath)) {}

Work OutputFiles::work(const Profile& profile) const {
  Work work;
  work.renditions = {{profile, clip.get()}};
  work.pictures.poster = poster.get();
  work.pictures.thumbnail = thumbnail.get();
  return work;
}

Listener Heard::listener() {
  Listener listener;
  listener.progress = [this](const Progress& it) { steps.push_back(it); };
  listener.posters = [this](const Posters& it) { posters = it; };
  listener.clip = [this](const Report& it) { reports.push_back(it); };
  listener.refused = [this](const RenditionRefused& it) { refused.push_back(it); };
  listener.served = [this](const RenditionServed& it) { served.push_back(it); };
  listener.extras = [this](const Extras& it) { extras = it; };
  return listener;
}

Heard transcode(const std::filesystem::path& source, Work work, const Process& process) {
  const Descriptor file = openToRead(source);
  work.inputs.source = file.get();
  Heard heard;
  process.transcode(work, heard.listener());
  return heard;
}

Report transcode(const std::filesystem::path& source, const OutputFiles& files) {
  const Heard heard = transcode(source, files.work(whatsapp()));
  if (heard.reports.size() != 1) throw std::runtime_error("no clip of " + source.string());
  return heard.reports[0];
}

std::string exifOf(int orientation) {
  return std::string("MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) +
         static_cast<char>(orientation) + std::string("\0\0\0\0\0\0", 6);
}

std::string withExif(const std::string& jpeg, const std::string& exif) {
  const std::string payload = std::string("Exif\0\0", 6) + exif;
  const std::size_t size = payload.size() + 2;
  return jpeg.substr(0, 2) + "\xff\xe1" + static_cast<char>(size >> 8) +
         static_cast<char>(size & 255) + payload + jpeg.substr(2);
}

std::string outputOf(const std::string& commandLine) {
  FILE* pipe = popen(commandLine.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + commandLine);
  std::string output;
  char buffer[8192];
  for (std::size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.append(buffer, got);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + commandLine);
  return output;
}

void draw(const std::string& arguments, const std::filesystem::path& path) {
  outputOf("ffmpeg -v error -y " + arguments + " '" + path.string() + "' </dev/null");
}

nlohmann::json ffprobe(const std::filesystem::path& path) {
  return nlohmann::json::parse(
      outputOf("ffprobe -v error -of json -show_streams -show_format -show_frames "
               "-show_entries stream:format:frame=pict_type,media_type '" +
               path.string() + "'"));
}

namespace {

double ratio(const std::string& text) {
  const auto slash = text.find('/');
  return std::stod(text.substr(0, slash)) / std::stod(text.substr(slash + 1));
}

void checkVideo(const Report& report, const nlohmann::json& stream) {
  CHECK(stream["codec_name"] == "h264");
  CHECK(stream["profile"] == "Main");
  CHECK(stream["level"].get<int>() <= 40);
  CHECK(stream["has_b_frames"] == 0);
  CHECK(stream["width"] == report.width);
  CHECK(stream["height"] == report.height);
  CHECK(stream["pix_fmt"] == "yuv420p");
  CHECK(stream["color_range"] == "tv");
  CHECK(stream["color_space"] == "bt709");
  CHECK(stream["color_transfer"] == "bt709");
  CHECK(stream["color_primaries"] == "bt709");
  CHECK(stream.value("sample_aspect_ratio", "1:1") == "1:1");
  CHECK_FALSE(stream.contains("side_data_list"));
  CHECK(ratio(stream["r_frame_rate"]) == Approx(report.frameRate.value()).epsilon(0.001));
  CHECK(std::stod(stream["duration"].get<std::string>()) * 1000 ==
        Approx(static_cast<double>(report.durationMs)).margin(2));
}

void checkAudio(const nlohmann::json& stream) {
  CHECK(stream["codec_name"] == "aac");
  CHECK(stream["profile"] == "LC");
  CHECK(stream["channels"] == 2);
  CHECK(stream["sample_rate"] == "48000");
}

}  // namespace

void checkAgainstFfprobe(const Report& report, const std::filesystem::path& clip) {
  const nlohmann::json facts = ffprobe(clip);
  int videos = 0, audios = 0;
  for (const auto& stream : facts["streams"]) {
    if (stream["codec_type"] == "video" && ++videos) checkVideo(report, stream);
    if (stream["codec_type"] == "audio" && ++audios) checkAudio(stream);
    if (stream["codec_type"] == "video")
      CHECK(std::stoll(stream["nb_frames"].get<std::string>()) ==
            std::llround(static_cast<double>(report.durationMs) / 1000 * report.frameRate.value()));
  }
  CHECK(videos == 1);
  CHECK(audios == (report.hasAudio ? 1 : 0));
  CHECK(facts["streams"].size() == static_cast<std::size_t>(videos + audios));
  std::set<std::string> types;
  for (const auto& frame : facts["frames"])
    if (frame["media_type"] == "video") types.insert(frame["pict_type"].get<std::string>());
  CHECK(types.count("B") == 0);
  CHECK(types.count("I") == 1);
  CHECK(std::stoull(facts["format"]["size"].get<std::string>()) == report.bytes);
  const auto tags = facts["format"].value("tags", nlohmann::json::object());
  for (const auto& [key, value] : tags.items())
    CHECK((key == "major_brand" || key == "minor_version" || key == "compatible_brands"));
}

const Claim* find(const Report& report, const std::string& name) {
  for (const Claim& claim : report.claims)
    if (claim.claim == name) return &claim;
  return nullptr;
}

bool hasNotice(const std::vector<Notice>& notices, const std::string& code) {
  for (const Notice& notice : notices)
    if (notice.code == code) return true;
  return false;
}

void checkWords(const std::vector<Notice>& notices) {
  for (const Notice& each : notices) {
    CAPTURE(each.code);
    CHECK_FALSE(each.words.de.empty());
    CHECK_FALSE(each.words.en.empty());
    CHECK(each.words.de != each.words.en);
  }
}

void checkWords(const Report& report) {
  for (const auto* each : {&report.repaired, &report.advice, &report.warnings}) checkWords(*each);
}

std::string failures(const Report& report) {
  std::string all;
  for (const Claim& claim : report.claims)
    if (!claim.passed)
      all += claim.claim + ": wanted " + claim.expected + ", is " + claim.measured + "; ";
  return all;
}

Profile whatsapp() { return builtInProfiles().at("whatsapp"); }

}  // namespace clipcourier::transcoder
