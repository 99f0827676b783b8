#include "housekeeping.h"

#include <nlohmann/json.hpp>

#include "log.h"

namespace clipcourier {
namespace {

using videos::Cleaned;
using videos::MediaCleaner;

constexpr Millis kUploadsEvery{60'000};
constexpr Millis kPartEvery{3'600'000 / MediaCleaner::kParts};

}  // namespace

std::vector<Ticker::Chore> Housekeeping::chores() {
  return {{"finish and end uploads", kUploadsEvery, [this] { tendUploads(); }},
          {"clean stored files", kPartEvery, [this] { cleanNextPart(); }}};
}

void Housekeeping::tendUploads() {
  uploads_.expire();
  const Cleaned freed = cleaner_.cleanPartial(MediaCleaner::Mode::remove);
  if (freed.files > 0)
    log::info("uploads.cleaned", {{"files", freed.files}, {"bytes", freed.bytes}});
  uploads_.finishInterrupted();
}

void Housekeeping::cleanNextPart() {
  const Cleaned freed = cleaner_.cleanStored(nextPart_, MediaCleaner::Mode::remove);
  nextPart_ = (nextPart_ + 1) % MediaCleaner::kParts;
  if (freed.files == 0) return;
  sinceStart_ += freed;
  log::info("media.cleaned", {{"files", freed.files},
                              {"bytes", freed.bytes},
                              {"files_since_start", sinceStart_.files},
                              {"bytes_since_start", sinceStart_.bytes}});
}

}  // namespace clipcourier
