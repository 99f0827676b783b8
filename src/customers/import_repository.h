#pragma once

#include <optional>
#include <vector>

#include "customers/import.h"
#include "customers/import_line.h"
#include "db/connection.h"

namespace clipcourier::customers {

// A problem with its place in the import's report, for paging.
struct ReportedProblem {
  std::int64_t number = 0;
  ImportProblem problem;
};

// Every statement of imports and import_problems. Works on one connection, which it borrows.
class ImportRepository {
 public:
  explicit ImportRepository(db::Connection& connection) : connection_(connection) {}

  ImportId add(const Import& import, TimePoint now);
  std::optional<Import> find(ImportId id);
  bool needs(const std::string& file);                   // an import that is not over
  std::vector<Import> list(ImportId before, int limit);  // by falling id; 0: from the newest

  // Moves the import on and adds what a chunk counted. Error(conflict) "import.lost" unless it
  // stood at `linesBefore`: then somebody else imports the same file, and nothing of the chunk may
  // stay.
  void advance(ImportId id, std::int64_t linesBefore, std::int64_t linesDone,
               std::uint64_t bytesDone, const ImportCounts& more);
  void finish(ImportId id, ImportState state, TimePoint now, const std::string& code = {},
              const std::string& error = {}, const std::string& hint = {});

  void addProblems(ImportId id, std::int64_t firstNumber,
                   const std::vector<ImportProblem>& problems);
  std::int64_t countProblems(ImportId id);
  std::vector<ReportedProblem> problems(ImportId id, std::int64_t afterNumber, int limit);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::customers
