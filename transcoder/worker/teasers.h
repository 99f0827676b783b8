#pragma once

#include <vector>

#include "transcoder/job.h"
#include "transcoder/worker/posters.h"

namespace clipcourier::transcoder {

inline bool isAnimation(const Profile& profile) { return profile.format != "mp4"; }

// Makes, writes and proves the renditions of `work` that are animations, each in a thread of its
// own. They take what is worth seeing from the candidates of `posters`, and their pictures from the
// source by seeking: so they are the same bytes whatever else is made with them. Throws Refused (no
// picture decodes), Error.
std::vector<Report> makeTeasers(const Work& work, const PosterScene& scene, const Posters& posters);

}  // namespace clipcourier::transcoder
