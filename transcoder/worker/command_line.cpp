#include "transcoder/worker/command_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "transcoder/child_process.h"
#include "transcoder/job.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/transcode.h"

namespace clipcourier::transcoder {
namespace {

constexpr const char* kHelp =
    R"(clipcourier-transcoder: makes a clip that plays on every phone, with proof.

  clipcourier-transcoder SOURCE --profile NAME --out FOLDER [--profiles FOLDER]
  clipcourier-transcoder --probe SOURCE
  clipcourier-transcoder --sandbox-check
  clipcourier-transcoder --help

  --profile NAME      what the clip is for: a file of config/profiles/ (whatsapp, telegram, web-720, ...)
                      or of your own
  --out FOLDER        gets clip.mp4, poster.jpg and thumbnail.jpg; must exist
  --profiles FOLDER   read NAME.properties there instead of the built-in profiles
  --probe             only say what SOURCE holds
  --sandbox-check     try to break out of the sandbox; exit code 0 when nothing succeeds

The report comes as JSON on standard output, progress on standard error. Exit code 0: done;
2: SOURCE was refused, and the report says why and what to do; anything else is a defect.
(--job is how the service calls: a request on standard input, descriptors 3 to 6.)
)";

struct Wishes {
  std::string source, profile, out, profiles;
  bool probe = false;
};

[[noreturn]] void misused(const std::string& what) {
  throw Error(ErrorKind::invalidInput, what, "See clipcourier-transcoder --help.");
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
    else if (word == "--profile")
      wishes.profile = value();
    else if (word == "--out")
      wishes.out = value();
    else if (word == "--profiles")
      wishes.profiles = value();
    else if (word.starts_with("--") || !wishes.source.empty())
      misused("do not understand " + word);
    else
      wishes.source = word;
  }
  if (wishes.source.empty()) misused("no source is named");
  if (!wishes.probe && (wishes.profile.empty() || wishes.out.empty()))
    misused("--profile and --out are needed");
  return wishes;
}

Descriptor openFile(const std::filesystem::path& path, int flags) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (file.get() < 0)
    throw Error(ErrorKind::invalidInput, "cannot open " + path.string() + ": " + strerror(errno),
                "Check the name and the rights.");
  return file;
}

Profile findProfile(const Wishes& wishes) {
  const auto profiles = wishes.profiles.empty() ? builtInProfiles() : loadProfiles(wishes.profiles);
  const auto found = profiles.find(wishes.profile);
  if (found != profiles.end()) return found->second;
  std::string known;
  for (const auto& [name, profile] : profiles) known += (known.empty() ? "" : ", ") + name;
  misused("there is no profile " + wishes.profile + "; there is: " + known);
}

void print(const nlohmann::json& json) {
  std::cout << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void run(const Wishes& wishes) {
  const Descriptor source = openFile(wishes.source, O_RDONLY);
  if (wishes.probe) return print(probeSource(source.get()));
  const Profile profile = findProfile(wishes);
  const std::filesystem::path folder(wishes.out);
  constexpr int kNew = O_RDWR | O_CREAT | O_TRUNC;
  const Descriptor clip = openFile(folder / "clip.mp4", kNew);
  const Descriptor poster = openFile(folder / "poster.jpg", kNew);
  const Descriptor thumbnail = openFile(folder / "thumbnail.jpg", kNew);
  const Outputs outputs{clip.get(), poster.get(), thumbnail.get()};
  try {
    print(transcodeSource(source.get(), profile, outputs, [](const Progress& progress) {
      std::cerr << progress.percent << " % " << progress.words.en << std::endl;
    }));
  } catch (...) {
    for (const char* name : {"clip.mp4", "poster.jpg", "thumbnail.jpg"})
      std::filesystem::remove(folder / name);  // nothing half-made stays
    throw;
  }
}

}  // namespace

int runCommandLine(const std::vector<std::string>& arguments) try {
  for (const auto& word : arguments)
    if (word == "--help" || word == "-h") {
      std::cout << kHelp;
      return kExitDone;
    }
  run(parse(arguments));
  return kExitDone;
} catch (const Refused& refused) {
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
