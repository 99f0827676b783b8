#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"

namespace clipcourier::customers {

using ImportId = Id<struct ImportTag>;

enum class ImportState { waiting, running, done, failed };
std::string_view name(ImportState state);
std::optional<ImportState> importState(std::string_view name);

struct ImportCounts {
  std::int64_t created = 0, updated = 0, unchanged = 0;  // customers
  std::int64_t consentsGiven = 0;                        // recorded now
  std::int64_t keptWithdrawn = 0;  // consents in the file that their customers have withdrawn
  std::int64_t unproven = 0;       // lines whose consent lacks its proof: imported without it
  std::int64_t badLines = 0;       // not imported at all

  ImportCounts& operator+=(const ImportCounts& more);
};

// One customer file being imported, or already.
struct Import {
  ImportId id;
  ImportState state = ImportState::waiting;
  bool dryRun = false;  // counts and reports, and changes nothing
  std::string file;     // path of the stored file
  std::string fileSha256;
  std::uint64_t bytesTotal = 0, bytesDone = 0;
  std::int64_t linesDone = 0;  // lines of the file up to here are committed
  ImportCounts counts;
  std::string errorCode, error, hint;  // of state failed
  TimePoint createdAt;
  std::optional<TimePoint> finishedAt;
};

}  // namespace clipcourier::customers
