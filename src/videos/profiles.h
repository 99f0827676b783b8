#pragma once

#include <map>
#include <string>
#include <vector>

#include "transcoder/profile.h"

namespace clipcourier::videos {

// The profiles there are, and which of them every upload gets: the first of those first, and its
// clip makes the video ready. The others are made on request.
class Profiles {
 public:
  using ByName = std::map<std::string, transcoder::Profile>;

  // Throws Error(invalidInput) that names every one of `forUploads` that is not there or there
  // twice; none at all is a mistake, too.
  Profiles(ByName all, std::vector<std::string> forUploads);

  const ByName& all() const { return all_; }
  const std::vector<std::string>& forUploads() const { return forUploads_; }
  bool isForUploads(const std::string& name) const;
  const transcoder::Profile* find(const std::string& name) const;  // null: there is none
  // Error(invalidInput) that names those there are.
  const transcoder::Profile& get(const std::string& name) const;

 private:
  ByName all_;
  std::vector<std::string> forUploads_;
};

}  // namespace clipcourier::videos
