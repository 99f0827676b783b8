#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/temp_folder.h"
#include "transcoder/child_process.h"
#include "transcoder/process.h"

// What the transcoder's tests share: files in a folder of their own, sources drawn by Debian's
// ffmpeg command, and ffprobe as a second opinion about a clip.
namespace clipcourier::transcoder {

using Folder = TempFolder;

Descriptor openToRead(const std::filesystem::path& path);
Descriptor openNew(const std::filesystem::path& path);  // for reading and writing, empty
std::string contentOf(const std::filesystem::path& path);
void write(const std::filesystem::path& path, const std::string& content);

// Clip and pictures of one transcode, in files.
struct OutputFiles {
  explicit OutputFiles(const Folder& folder);
  Work work(const Profile& profile) const;  // that one rendition, poster and thumbnail
  std::filesystem::path clipPath, posterPath, thumbnailPath;
  Descriptor clip, poster, thumbnail;
};

// Everything the worker said about one source.
struct Heard {
  std::vector<Progress> steps;
  std::optional<Posters> posters;
  std::vector<Report> reports;
  std::vector<RenditionRefused> refused;
  std::vector<RenditionServed> served;
  std::optional<Extras> extras;
  Listener listener();  // fills this
};

// Runs the real program; work.inputs.source is filled in. Throws like Process.
Heard transcode(const std::filesystem::path& source, Work work, const Process& process = Process());
// The report of one clip for WhatsApp.
Report transcode(const std::filesystem::path& source, const OutputFiles& files);

// A JPEG with EXIF data that says how it is to be turned (1 to 8).
std::string exifOf(int orientation);
std::string withExif(const std::string& jpeg, const std::string& exif);

// Runs a program and answers its standard output; throws when it fails.
std::string outputOf(const std::string& commandLine);

// `ffmpeg -v error -y ARGUMENTS PATH`.
void draw(const std::string& arguments, const std::filesystem::path& path);

nlohmann::json ffprobe(const std::filesystem::path& path);  // streams, format and frames' types

// Checks everything ffprobe can say about a clip against its report. Uses CHECK.
void checkAgainstFfprobe(const Report& report, const std::filesystem::path& clip);

const Claim* find(const Report& report, const std::string& claim);
bool hasNotice(const std::vector<Notice>& notices, const std::string& code);
// Each says something in German and something else in English. Use CHECK.
void checkWords(const std::vector<Notice>& notices);
void checkWords(const Report& report);       // all that it repaired, advises and warns of
std::string failures(const Report& report);  // the claims that did not pass

Profile whatsapp();

}  // namespace clipcourier::transcoder
