#pragma once

#include <fstream>
#include <vector>

#include "customers/import_chunk.h"
#include "customers/import_service.h"
#include "db/statistics.h"

namespace clipcourier::customers {

// One run of one import: reads lines, finds those that repeat earlier ones, and commits chunks
// whose size follows the time they take. One thread; used once.
class ImportRun {
 public:
  ImportRun(db::Database& database, const ConsentService& consents, const Clock& clock,
            const ImportSettings& settings, Import import, Actor actor);

  // Returns the import as it stands at the end, or when `onProgress` said to stop.
  Import run(const ImportService::OnProgress& onProgress);

 private:
  void readHeader();
  void refreshStatistics(bool more);
  bool fillChunk();  // false at the end of the file
  void take(ImportLine line);
  std::int64_t repeats(const ImportLine& line) const;
  void remember(const ImportLine& line);
  void loadWordings();
  void writeChunk();
  ChunkResult tryChunk(db::Transaction& tx);
  void adaptChunk(Millis took);

  db::Database& database_;
  const ConsentService& consents_;
  const Clock& clock_;
  const ImportSettings& settings_;
  Import import_;
  const Actor actor_;

  std::ifstream file_;
  CsvReader reader_;
  std::vector<ImportHeader> header_;  // one, once it is read
  SeenKeys seen_;
  WordingsByName wordings_;
  std::int64_t keptProblems_ = 0;

  std::vector<ImportLine> chunk_;           // good lines
  std::vector<ImportProblem> chunkFaults_;  // of lines that are not
  std::int64_t chunkBad_ = 0;
  std::int64_t chunkEnd_ = 0;  // last line read for the chunk
  std::size_t chunkLines_;
  std::int64_t statisticsAt_ = db::kManyRows;  // when this many lines are done
};

}  // namespace clipcourier::customers
