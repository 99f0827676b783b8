#include "senders/secret_sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace clipcourier::senders {

namespace {

constexpr std::string_view kEnv = "env:", kFile = "file:", kPrefix = "CLIPCOURIER_SENDER_";
constexpr std::size_t kMaxSecret = 8192;

[[noreturn]] void notAllowed() {
  throw Error(ErrorKind::invalidInput, "this source of a secret is not allowed",
              "Write env:CLIPCOURIER_SENDER_... for an environment variable, or file:NAME for a "
              "file in the folder of the setting senders.secrets_folder.",
              "sender.secret_source");
}

[[noreturn]] void notThere(const std::string& source, const std::string& hint) {
  throw Error(ErrorKind::unavailable, "the secret " + source + " is missing or empty", hint,
              "sender.secret_missing");
}

bool isVariable(std::string_view name) {
  return name.size() > kPrefix.size() && name.size() < 200 && name.starts_with(kPrefix) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

bool isFileName(std::string_view name) {
  return !name.empty() && name.size() < 200 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

std::string contentOf(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  std::string content(kMaxSecret, '\0');
  const ssize_t size = ::read(file.get(), content.data(), content.size());
  content.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return content;
}

}  // namespace

std::string SecretSources::pathOf(const std::string& source) const {
  std::string_view name = std::string_view(source).substr(kFile.size());
  const std::string folder = folder_.ends_with('/') ? folder_ : folder_ + "/";
  if (name.starts_with(folder)) name.remove_prefix(folder.size());
  if (folder_.empty() || !isFileName(name)) notAllowed();
  return folder + std::string(name);
}

void SecretSources::check(const std::string& source) const {
  if (source.starts_with(kFile)) {
    pathOf(source);
  } else if (!source.starts_with(kEnv) || !isVariable(source.substr(kEnv.size()))) {
    notAllowed();
  }
}

Secret SecretSources::read(const std::string& source) const {
  check(source);
  std::string value;
  if (source.starts_with(kEnv)) {
    const char* found = std::getenv(source.substr(kEnv.size()).c_str());
    value = text::trim(found ? found : "");
    if (value.empty()) notThere(source, "Set this environment variable for the service.");
  } else {
    value = text::trim(contentOf(pathOf(source)));
    if (value.empty())
      notThere(source, "Write the secret into this file, readable by the service.");
  }
  // It travels in a header; a line break in the middle is a broken copy.
  if (value.find_first_of("\r\n\t ") != std::string::npos) {
    notThere(source, "It holds white space: copy it again, on one line.");
  }
  return Secret(value);
}

}  // namespace clipcourier::senders
