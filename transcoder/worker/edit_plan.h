#pragma once

#include <map>
#include <utility>

#include "transcoder/job.h"
#include "transcoder/worker/cut.h"
#include "transcoder/worker/edit_painter.h"
#include "transcoder/worker/sound_survey.h"

namespace clipcourier::transcoder {

// What edits make of a source: everything that is decided before a clip is planned.
struct EditPlan {
  Source source;  // as all after it see it: shown size, sound, and an end where it is cut
  std::int64_t startUs = 0;  // source time of every clip's first frame
  EditMaterial material;
  std::vector<Notice> repaired, warnings;
  std::map<std::pair<int, int>, LoudnessPlan> sound;  // by channels and kbps; see soundFor()
};

// Reads what was handed over and finds the cut. Throws Refused (see cutOf, readMaterial).
EditPlan planEdits(const Work& work, const Source& source);

// What is done to the sound of clips of a kind. Measures it, once for each kind, when its loudness
// is to change; all of it is decoded then.
const LoudnessPlan& soundFor(const Work& work, EditPlan& plan, int channels, int kbps);

// Adds to a clip's report what the edits did to it and, for its loudness, what the finished file
// measures.
void addEdits(const EditPlan& plan, const EditPainter& painter, int clipFd, int channels, int kbps,
              Report& report);

}  // namespace clipcourier::transcoder
