#include "videos/profiles.h"

#include <algorithm>
#include <set>

#include "base/error.h"

namespace clipcourier::videos {
namespace {

std::string namesOf(const Profiles::ByName& profiles) {
  std::string names;
  for (const auto& [name, profile] : profiles) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

Profiles::Profiles(ByName all, std::vector<std::string> forUploads)
    : all_(std::move(all)), forUploads_(std::move(forUploads)) {
  std::vector<ErrorDetail> mistakes;
  const auto mistake = [&](const std::string& what) {
    mistakes.push_back({"profiles.unknown", "transcoder.profiles", what});
  };
  std::set<std::string> seen;
  for (const std::string& name : forUploads_) {
    if (!all_.contains(name))
      mistake("there is no profile \"" + name + "\"; there are: " + namesOf(all_));
    if (!seen.insert(name).second) mistake("\"" + name + "\" stands there twice");
  }
  if (forUploads_.empty()) mistake("name at least one profile; there are: " + namesOf(all_));
  if (mistakes.empty()) return;
  throw Error(ErrorKind::invalidInput, "transcoder.profiles: " + mistakes.front().what,
              "Correct transcoder.profiles, or add the profile's file to the folder of profiles.",
              "profiles.unknown")
      .with(std::move(mistakes));
}

bool Profiles::isForUploads(const std::string& name) const {
  return std::ranges::find(forUploads_, name) != forUploads_.end();
}

const transcoder::Profile* Profiles::find(const std::string& name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

const transcoder::Profile& Profiles::get(const std::string& name) const {
  if (const auto* profile = find(name)) return *profile;
  throw Error(ErrorKind::invalidInput, "there is no such profile",
              "Name one of: " + namesOf(all_) + '.', "profile.unknown");
}

}  // namespace clipcourier::videos
