#pragma once

#include <functional>
#include <string>

#include "customers/consent_service.h"
#include "customers/import.h"
#include "customers/import_line.h"
#include "customers/import_repository.h"
#include "db/database.h"

namespace clipcourier::customers {

struct ImportSettings {
  std::string region = "DE";  // of phone numbers without a country code
  // Of the wording, for customers whose own language it does not speak; a file may say better, as
  // name@version/language.
  std::string wordingLanguage = "de";
  std::int64_t maxLines = 2'000'000;   // memory grows by some 50 bytes a line
  std::int64_t keptProblems = 10'000;  // of one import; the rest is only counted
  Millis chunkTime{12};                // how long one transaction should take
  std::size_t maxChunkLines = 1'000;
};

// Imports customer files, a chunk of lines per transaction. A killed import goes on behind the last
// chunk, and a file imported twice changes nothing the second time. Thread-safe; borrows its
// arguments.
class ImportService {
 public:
  ImportService(db::Database& database, const ConsentService& consents, const Clock& clock,
                ImportSettings settings = {})
      : database_(database), consents_(consents), clock_(clock), settings_(std::move(settings)) {}

  // Looks at the whole file's encoding and at its columns. Throws Error(invalidInput) with what to
  // do: "import.utf16", "import.not_utf8", "import.columns", "import.empty"; notFound without file.
  Import inspect(const std::string& path, bool dryRun) const;
  // Makes the row of an inspected file; it waits for run(). Add the job for it in the same commit.
  ImportId add(db::Transaction& tx, const Import& inspected) const;

  // Called after each chunk; false stops, and run() can go on another time.
  using OnProgress = std::function<bool(const Import&)>;
  // Imports what is left. When it throws an Error that trying again does not cure, the import is
  // failed and says why.
  Import run(ImportId id, const Actor& actor, const OnProgress& onProgress = {}) const;
  void fail(db::Transaction& tx, ImportId id, const std::string& code, const std::string& what,
            const std::string& hint) const;

  Import get(ImportId id) const;
  std::vector<Import> list(ImportId before, int limit) const;
  std::vector<ReportedProblem> problems(ImportId id, std::int64_t afterNumber, int limit) const;

 private:
  db::Database& database_;
  const ConsentService& consents_;
  const Clock& clock_;
  ImportSettings settings_;
};

// For the command line: counts, then each kept problem with its sentence in `language` (de or en).
std::string toText(const Import& import);
std::string toText(const ImportProblem& problem, const std::string& language);

}  // namespace clipcourier::customers
