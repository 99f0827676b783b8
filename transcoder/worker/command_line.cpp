#include "transcoder/worker/command_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "transcoder/child_process.h"
#include "transcoder/process.h"
#include "transcoder/worker/edit_options.h"
#include "transcoder/worker/fonts.h"
#include "transcoder/worker/transcode.h"

namespace clipcourier::transcoder {
namespace {

constexpr const char* kHelp =
    R"(clipcourier-transcoder: makes a clip that plays on every phone, with proof.

  clipcourier-transcoder SOURCE --profile NAME [--profile NAME ...] --out FOLDER
                         [--profiles FOLDER] [edits]
  clipcourier-transcoder SOURCE --pictures --out FOLDER
                         [--poster-at SECONDS | --poster-image FILE]
  clipcourier-transcoder --probe SOURCE
  clipcourier-transcoder --sandbox-check
  clipcourier-transcoder --help

  --profile NAME      what a clip is for: a file of config/profiles/ (whatsapp, telegram, web-720, ...)
                      or of your own; the first is made first
  --out FOLDER        gets NAME.mp4 (or .webp, .gif) of each profile, poster.jpg and thumbnail.jpg; must exist
  --profiles FOLDER   read NAME.properties there instead of the built-in profiles
  --pictures          all pictures, with or without clips: posters (poster.jpg, poster.webp,
                      thumbnail.jpg, badge.jpg), candidate-N.jpg of what else could be the poster,
                      storyboard.jpg and .vtt, preview.webp, and pictures.json with what is in them
  --stages            measure: decode in one thread, outside of the sandbox, and at the end print the
                      seconds of CPU and wall time of each stage as JSON on standard error;
                      "encode" is what no other stage used
  --poster-at SECONDS the poster shows this moment of the clip
  --poster-image FILE the poster is this picture (JPEG, PNG or WebP)
  --probe             only say what SOURCE holds
  --sandbox-check     try to break out of the sandbox; exit code 0 when nothing succeeds

The result comes as JSON on standard output: "clips" holds the report of each clip, "refused_clips"
says which profiles do not take SOURCE and why, "served_clips" which need no clip of their own.
Progress comes on standard error. Exit code 0: done; 2: SOURCE was refused, or all clips of it, and
the result says why and what to do; anything else is a defect.
(--job is how the service calls: a request on standard input, files from descriptor 3 on.)
)";

struct Wishes {
  std::string source, out, profiles;
  std::vector<std::string> wanted;
  bool probe = false, pictures = false, stages = false;
  std::optional<std::int64_t> posterAtMs;
  std::string posterImage;
  EditOptions edits;
};

[[noreturn]] void misused(const std::string& what) {
  throw Error(ErrorKind::invalidInput, what, "See clipcourier-transcoder --help.");
}

std::int64_t milliseconds(const std::string& seconds) {
  double value = -1;
  const char* const end = seconds.data() + seconds.size();
  const auto [stop, error] = std::from_chars(seconds.data(), end, value);
  if (error != std::errc() || stop != end || !(value >= 0 && value < 1e6))
    misused("--poster-at needs seconds, such as 12.5");
  return std::llround(value * 1000);
}

Wishes parse(const std::vector<std::string>& arguments) {
  Wishes wishes;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (++i >= arguments.size()) misused(word + " needs a value");
      return arguments[i];
    };
    if (word == "--probe")
      wishes.probe = true;
    else if (word == "--pictures")
      wishes.pictures = true;
    else if (word == "--stages")
      wishes.stages = true;
    else if (word == "--poster-at")
      wishes.posterAtMs = milliseconds(value());
    else if (word == "--poster-image")
      wishes.posterImage = value();
    else if (word == "--profile")
      wishes.wanted.push_back(value());
    else if (word == "--out")
      wishes.out = value();
    else if (word == "--profiles")
      wishes.profiles = value();
    else if (wishes.edits.take(word, value))
      continue;
    else if (word.starts_with("--") || !wishes.source.empty())
      misused("do not understand " + word);
    else
      wishes.source = word;
  }
  if (wishes.source.empty()) misused("no source is named");
  const bool something = !wishes.wanted.empty() || wishes.pictures;
  if (!wishes.probe && (!something || wishes.out.empty()))
    misused("--out and --profile or --pictures are needed");
  return wishes;
}

Descriptor openFile(const std::filesystem::path& path, int flags) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (file.get() < 0)
    throw Error(ErrorKind::invalidInput, "cannot open " + path.string() + ": " + strerror(errno),
                "Check the name and the rights.");
  return file;
}

using Profiles = std::map<std::string, Profile>;

const Profile& findProfile(const Profiles& profiles, const std::string& name) {
  const auto found = profiles.find(name);
  if (found != profiles.end()) return found->second;
  std::string known;
  for (const auto& [each, profile] : profiles) known += (known.empty() ? "" : ", ") + each;
  misused("there is no profile " + name + "; there is: " + known);
}

void print(const nlohmann::json& json) {
  std::cout << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

// New files in one folder. They are removed again unless kept: nothing half-made stays. A file that
// is read is never taken for a new one.
class NewFiles {
 public:
  NewFiles(std::filesystem::path folder, std::vector<std::string> inputs)
      : folder_(std::move(folder)), inputs_(std::move(inputs)) {}
  ~NewFiles() {
    std::error_code ignored;
    for (const auto& [name, file] : files_) std::filesystem::remove(folder_ / name, ignored);
  }
  NewFiles(const NewFiles&) = delete;
  NewFiles& operator=(const NewFiles&) = delete;

  int make(const std::string& name) {
    if (files_.contains(name)) misused(name + " would be written twice");
    for (const std::string& input : inputs_) {
      std::error_code missing;
      if (std::filesystem::equivalent(folder_ / name, input, missing))
        misused(name + " would be written over " + input + "; name another folder with --out");
    }
    return files_.emplace(name, openFile(folder_ / name, O_RDWR | O_CREAT | O_TRUNC))
        .first->second.get();
  }
  void keep(const std::string& name) { files_.erase(name); }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> inputs_;
  std::map<std::string, Descriptor> files_;
};

std::string fileName(const Profile& profile) { return profile.name + "." + profile.format; }

std::string candidateName(std::size_t number) {
  return "candidate-" + std::to_string(number) + ".jpg";
}

void addPictures(PictureOutputs& pictures, NewFiles& files) {
  pictures.posterWebp = files.make("poster.webp");
  pictures.badge = files.make("badge.jpg");
  pictures.storyboard = files.make("storyboard.jpg");
  pictures.preview = files.make("preview.webp");
  for (int i = 1; i <= kMaxCandidates; ++i)
    pictures.candidates.push_back(files.make(candidateName(static_cast<std::size_t>(i))));
}

Work workFor(const Wishes& wishes, int source, NewFiles& files) {
  Work work;
  work.inputs.source = source;
  const Profiles profiles =
      wishes.profiles.empty() ? builtInProfiles() : loadProfiles(wishes.profiles);
  for (const std::string& name : wishes.wanted) {
    const Profile& profile = findProfile(profiles, name);
    work.renditions.push_back({profile, files.make(fileName(profile))});
  }
  work.pictures.poster = files.make("poster.jpg");
  work.pictures.thumbnail = files.make("thumbnail.jpg");
  if (wishes.pictures) addPictures(work.pictures, files);
  work.posterAtMs = wishes.posterAtMs;
  return work;
}

// What comes is kept on disk and gathered for the result.
Listener gathering(const Work& work, nlohmann::json& result, NewFiles& files) {
  result = {{"clips", nlohmann::json::array()},
            {"refused_clips", nlohmann::json::array()},
            {"served_clips", nlohmann::json::array()}};
  Listener listener;
  listener.progress = [](const Progress& progress) {
    std::cerr << progress.percent << " % " << progress.words.en << std::endl;
  };
  listener.posters = [&](const Posters& posters) {
    result["posters"] = posters;
    for (const char* name : {"poster.jpg", "poster.webp", "thumbnail.jpg", "badge.jpg"})
      files.keep(name);
    for (std::size_t i = 1; i <= posters.candidates.size(); ++i) files.keep(candidateName(i));
  };
  listener.clip = [&](const Report& report) {
    result["clips"].push_back(report);
    for (const Rendition& each : work.renditions)
      if (each.profile.name == report.profile) files.keep(fileName(each.profile));
  };
  listener.extras = [&](const Extras& extras) {
    result["extras"] = extras;
    for (const char* name : {"storyboard.jpg", "preview.webp"}) files.keep(name);
  };
  listener.refused = [&](const RenditionRefused& it) {
    result["refused_clips"].push_back({{"profile", it.profile}, {"refusal", it.refusal}});
  };
  listener.served = [&](const RenditionServed& it) {
    result["served_clips"].push_back({{"profile", it.profile}, {"by", it.by}});
  };
  return listener;
}

// This program once more, as the service runs it: in the sandbox, with what was opened here.
Process worker() {
  Limits limits;
  limits.cpu = limits.wall = std::chrono::hours(24);
  return Process(std::filesystem::read_symlink("/proc/self/exe"), limits);
}

void describePictures(const std::filesystem::path& folder, const nlohmann::json& result) {
  std::ofstream(folder / "storyboard.vtt")
      << result["extras"]["storyboard_vtt"].get_ref<const std::string&>();
  std::ofstream(folder / "pictures.json")
      << nlohmann::json{{"posters", result["posters"]}, {"extras", result["extras"]}}.dump(2)
      << '\n';
}

void printStages(const Stages& stages, double wallSeconds) {
  nlohmann::json all;
  double others = 0;
  for (const auto& [stage, times] : stages.all()) {
    all[stage] = {{"cpu_seconds", times.cpuSeconds}, {"wall_seconds", times.wallSeconds}};
    others += times.cpuSeconds;
  }
  const double cpu = processCpuSeconds();
  all["encode"] = {{"cpu_seconds", cpu - others}};
  all["all"] = {{"cpu_seconds", cpu}, {"wall_seconds", wallSeconds}};
  std::cerr << nlohmann::json{{"stages", all}}.dump() << std::endl;
}

// In this process, which sees where its time goes; the sandbox is left away.
void measure(const Work& work, const Listener& listener) {
  Stages stages;
  if (work.edits.captions) loadFonts();
  const auto start = std::chrono::steady_clock::now();
  transcodeSource(work, listener, &stages);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  printStages(stages, wall.count());
}

// Files that edits name, open as long as the work lasts.
class EditFiles {
 public:
  EditFiles(const EditOptions& options, Work& work) {
    work.edits = options.edits();
    work.inputs.captions = open(options.captionsFile());
    work.inputs.logo = open(options.logoFile());
  }

 private:
  int open(const std::string& file) {
    return file.empty() ? -1 : files_.emplace_back(openFile(file, O_RDONLY)).get();
  }
  std::vector<Descriptor> files_;
};

int run(const Wishes& wishes) {
  const Descriptor source = openFile(wishes.source, O_RDONLY);
  if (wishes.probe) {
    print(worker().probe(source.get()));
    return kExitDone;
  }
  NewFiles files(wishes.out, {wishes.source, wishes.posterImage, wishes.edits.captionsFile(),
                              wishes.edits.logoFile()});
  nlohmann::json result;
  Work work = workFor(wishes, source.get(), files);
  std::optional<Descriptor> posterImage;
  if (!wishes.posterImage.empty())
    work.inputs.posterImage = posterImage.emplace(openFile(wishes.posterImage, O_RDONLY)).get();
  const EditFiles editFiles(wishes.edits, work);
  const Listener listener = gathering(work, result, files);
  if (wishes.stages)
    measure(work, listener);
  else
    worker().transcode(work, listener);
  if (wishes.pictures) describePictures(wishes.out, result);
  print(result);
  if (wishes.wanted.empty()) return kExitDone;
  return result["clips"].empty() ? kExitRefused : kExitDone;
}

}  // namespace

int runCommandLine(const std::vector<std::string>& arguments) try {
  for (const auto& word : arguments)
    if (word == "--help" || word == "-h") {
      std::cout << kHelp << '\n' << EditOptions::help();
      return kExitDone;
    }
  return run(parse(arguments));
} catch (const RefusedInput& refused) {
  print({{"refused", refused.refusal()}});
  return kExitRefused;
} catch (const Error& error) {
  std::cerr << error.what() << '\n' << error.hint() << '\n';
  return kExitDefect;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return kExitDefect;
}

}  // namespace clipcourier::transcoder
