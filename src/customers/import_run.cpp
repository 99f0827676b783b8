#include "customers/import_run.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "customers/wording_repository.h"

namespace clipcourier::customers {
namespace {

constexpr int kTries = 5;                   // of a chunk that meets somebody else's change
constexpr std::size_t kMinChunkLines = 25;  // fewer cost more in commits than they spare

std::string keyOf(const Identity& identity) {
  return std::string(name(identity.kind)) + ":" + identity.value;
}

std::vector<std::string> keysOf(const ImportLine& line) {
  std::vector<std::string> keys;
  if (line.customer.externalRef) keys.push_back("ref:" + *line.customer.externalRef);
  for (const Identity& identity : line.customer.identities) keys.push_back(keyOf(identity));
  return keys;
}

bool isWorthRepeating(const Error& error) {
  return error.kind() == ErrorKind::conflict && error.code() != "import.lost";
}

}  // namespace

ImportRun::ImportRun(db::Database& database, const ConsentService& consents, const Clock& clock,
                     const ImportSettings& settings, Import import, Actor actor)
    : database_(database),
      consents_(consents),
      clock_(clock),
      settings_(settings),
      import_(std::move(import)),
      actor_(std::move(actor)),
      file_(import_.file, std::ios::binary),
      reader_(file_),
      chunkLines_(std::min<std::size_t>(50, settings_.maxChunkLines)) {
  if (!file_.is_open() && import_.bytesTotal > 0)
    throw Error(ErrorKind::notFound, "the file of the import is gone", "import it again",
                "import.no_file");
}

Import ImportRun::run(const ImportService::OnProgress& onProgress) {
  readHeader();
  keptProblems_ = database_.read(
      [&](db::Connection& c) { return ImportRepository(c).countProblems(import_.id); });
  for (bool more = true; more;) {
    more = fillChunk();
    if (chunkEnd_ > import_.linesDone) writeChunk();
    refreshStatistics(more);
    if (onProgress && !onProgress(import_)) return import_;
  }
  database_.write([&](db::Transaction& tx) {
    ImportRepository(tx).finish(import_.id, ImportState::done, clock_.now());
  });
  import_.state = ImportState::done;
  import_.finishedAt = clock_.now();
  return import_;
}

// As the tables grow, and in the end.
void ImportRun::refreshStatistics(bool more) {
  if (import_.linesDone < (more ? statisticsAt_ : db::kManyRows)) return;
  statisticsAt_ = 4 * import_.linesDone;
  db::refreshStatistics(database_, "customers, customer_identities, customer_tags, consents");
}

void ImportRun::readHeader() {
  CsvRecord record;
  if (!reader_.next(record))
    throw Error(ErrorKind::invalidInput, "the file is empty", "the first line names the columns",
                "import.empty");
  header_.emplace_back(record);
}

bool ImportRun::fillChunk() {
  chunk_.clear();
  chunkFaults_.clear();
  chunkBad_ = 0;
  CsvRecord record;
  for (std::size_t lines = 0; lines < chunkLines_; ++lines) {
    if (!reader_.next(record)) return false;
    chunkEnd_ = record.line;
    if (record.line > settings_.maxLines)
      throw Error(ErrorKind::tooLarge,
                  "the file has more than " + std::to_string(settings_.maxLines) + " lines",
                  "cut it into several files", "import.too_many_lines");
    if (record.fault.empty() && record.blank()) continue;
    ImportLine line = readLine(header_.front(), record, settings_.region, clock_.now());
    // A run that goes on needs to know who stood in the lines it skips.
    if (record.line > import_.linesDone)
      take(std::move(line));
    else if (!line.refused())
      remember(line);
  }
  return true;
}

void ImportRun::take(ImportLine line) {
  chunkFaults_.insert(chunkFaults_.end(), line.problems.begin(), line.problems.end());
  if (line.refused()) {
    ++chunkBad_;
  } else if (const std::int64_t first = repeats(line); first != 0) {
    ++chunkBad_;
    chunkFaults_.push_back({line.line, "", "line.duplicate", true, first, {}});
  } else {
    remember(line);
    chunk_.push_back(std::move(line));
  }
}

std::int64_t ImportRun::repeats(const ImportLine& line) const {
  for (const std::string& key : keysOf(line))
    if (const std::int64_t first = seen_.lineOf(key); first != 0) return first;
  return 0;
}

void ImportRun::remember(const ImportLine& line) {
  for (const std::string& key : keysOf(line)) seen_.add(key, line.line);
}

void ImportRun::loadWordings() {
  for (const ImportLine& line : chunk_) {
    if (!line.consent || wordings_.contains(line.consent->wording)) continue;
    if (wordings_.size() >= 1'000) wordings_.clear();  // a file of nothing but made-up names
    wordings_[line.consent->wording] = database_.read(
        [&](db::Connection& c) { return WordingRepository(c).named(line.consent->wording); });
  }
}

void ImportRun::writeChunk() {
  loadWordings();
  for (int attempt = 1;; ++attempt) {
    ChunkResult result;
    Millis took{0};
    const auto work = [&](db::Transaction& tx) {
      const auto begin = std::chrono::steady_clock::now();
      result = tryChunk(tx);
      took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begin);
    };
    try {
      database_.write(work);
    } catch (const Error& error) {
      if (attempt == kTries || !isWorthRepeating(error)) throw;
      continue;
    }
    for (const auto& [customer, line] : result.touched) seen_.add(customerKey(customer), line);
    import_.counts += result.counts;
    import_.linesDone = chunkEnd_;
    import_.bytesDone = reader_.bytesRead();
    import_.state = ImportState::running;
    keptProblems_ += static_cast<std::int64_t>(result.problems.size());
    return adaptChunk(took);
  }
}

ChunkResult ImportRun::tryChunk(db::Transaction& tx) {
  const ImportScope scope{consents_, wordings_, header_.front(), settings_.wordingLanguage,
                          seen_,     actor_,    clock_.now()};
  ChunkResult result;
  if (import_.dryRun) {
    // Undone at once, with everything that it touched; what it found out stays.
    tx.run("SAVEPOINT dry_run");
    result = ImportChunk(tx, scope).write(chunk_);
    tx.run("ROLLBACK TO SAVEPOINT dry_run");
    tx.run("RELEASE SAVEPOINT dry_run");
  } else {
    result = ImportChunk(tx, scope).write(chunk_);
  }
  result.counts.badLines += chunkBad_;
  auto& problems = result.problems;
  problems.insert(problems.begin(), chunkFaults_.begin(), chunkFaults_.end());
  std::ranges::stable_sort(problems, {}, &ImportProblem::line);
  const auto room = std::max<std::int64_t>(0, settings_.keptProblems - keptProblems_);
  if (std::ssize(problems) > room) problems.resize(static_cast<std::size_t>(room));
  ImportRepository repository(tx);
  repository.advance(import_.id, import_.linesDone, chunkEnd_, reader_.bytesRead(), result.counts);
  repository.addProblems(import_.id, keptProblems_ + 1, problems);
  return result;
}

// A writer that takes long keeps everybody else waiting: on SQLite all of them, on PostgreSQL only
// those who record consents.
void ImportRun::adaptChunk(Millis took) {
  const Millis target = settings_.chunkTime * (database_.engine() == db::Engine::sqlite ? 1 : 5);
  if (took > target)
    chunkLines_ = std::max(kMinChunkLines, chunkLines_ * 2 / 3);
  else if (took * 2 < target)
    chunkLines_ = chunkLines_ * 5 / 4 + 1;
  chunkLines_ = std::min(chunkLines_, settings_.maxChunkLines);
}

}  // namespace clipcourier::customers
