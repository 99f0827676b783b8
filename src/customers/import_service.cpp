#include "customers/import_service.h"

#include <array>
#include <fstream>

#include "base/error.h"
#include "customers/import_run.h"
#include "customers/problem.h"

namespace clipcourier::customers {
namespace {

Error noSuchImport() {
  return Error(ErrorKind::notFound, "there is no such import", "look the id up in the list",
               "import.unknown");
}

std::ifstream openFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open() || file.peek() == std::ifstream::traits_type::eof())
    throw Error(file.is_open() ? ErrorKind::invalidInput : ErrorKind::notFound,
                file.is_open() ? "the file is empty" : "the file cannot be opened",
                "give a CSV file whose first line names the columns",
                file.is_open() ? "import.empty" : "import.no_file");
  return file;
}

void requireUtf8(std::istream& file) {
  switch (detectEncoding(file)) {
    case TextEncoding::utf8:
    case TextEncoding::utf8WithFaults: return;  // broken lines are reported one by one
    case TextEncoding::utf16:
      throw Error(ErrorKind::invalidInput, "the file is UTF-16, not UTF-8",
                  "save it as CSV UTF-8, not as Unicode text", "import.utf16");
    case TextEncoding::singleByte:
      throw Error(ErrorKind::invalidInput,
                  "the file is not UTF-8; it looks like Windows-1252, which Excel writes as CSV",
                  "save it as \"CSV UTF-8\", or convert it: iconv -f WINDOWS-1252 -t UTF-8",
                  "import.not_utf8");
  }
}

void hashFile(std::istream& file, Import& import) {
  crypto::Sha256 hash;
  std::array<char, 65'536> buffer{};
  while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
    const auto size = static_cast<std::size_t>(file.gcount());
    hash.update({buffer.data(), size});
    import.bytesTotal += size;
  }
  import.fileSha256 = crypto::hex(hash.finish());
}

}  // namespace

Import ImportService::inspect(const std::string& path, bool dryRun) const {
  Import import;
  import.file = path;
  import.dryRun = dryRun;
  std::ifstream file = openFile(path);
  requireUtf8(file);
  file = openFile(path);
  hashFile(file, import);
  file = openFile(path);
  CsvReader reader(file);
  CsvRecord record;
  if (!reader.next(record))
    throw Error(ErrorKind::invalidInput, "the file holds nothing but empty lines",
                "the first line names the columns", "import.empty");
  ImportHeader header(record);
  return import;
}

ImportId ImportService::add(db::Transaction& tx, const Import& inspected) const {
  return ImportRepository(tx).add(inspected, clock_.now());
}

Import ImportService::run(ImportId id, const Actor& actor, const OnProgress& onProgress) const {
  const Import import = get(id);
  if (import.state == ImportState::done || import.state == ImportState::failed) return import;
  try {
    return ImportRun(database_, consents_, clock_, settings_, import, actor).run(onProgress);
  } catch (const Error& error) {
    if (!isTemporary(error) && error.kind() != ErrorKind::conflict)  // else the job tries again
      database_.write(
          [&](db::Transaction& tx) { fail(tx, id, error.code(), error.what(), error.hint()); });
    throw;
  }
}

void ImportService::fail(db::Transaction& tx, ImportId id, const std::string& code,
                         const std::string& what, const std::string& hint) const {
  ImportRepository(tx).finish(id, ImportState::failed, clock_.now(), code, what, hint);
}

Import ImportService::get(ImportId id) const {
  auto found = database_.read([&](db::Connection& c) { return ImportRepository(c).find(id); });
  if (!found) throw noSuchImport();
  return std::move(*found);
}

std::vector<Import> ImportService::list(ImportId before, int limit) const {
  return database_.read([&](db::Connection& c) { return ImportRepository(c).list(before, limit); });
}

std::vector<ReportedProblem> ImportService::problems(ImportId id, std::int64_t afterNumber,
                                                     int limit) const {
  return database_.read(
      [&](db::Connection& c) { return ImportRepository(c).problems(id, afterNumber, limit); });
}

std::string toText(const Import& import) {
  const ImportCounts& c = import.counts;
  const auto line = [](const char* what, std::int64_t n) {
    return std::string("  ") + what + std::to_string(n) + "\n";
  };
  return std::string(import.dryRun ? "dry run of import " : "import ") +
         std::to_string(import.id.value) + ": " + std::string(name(import.state)) + "\n" +
         line("created         ", c.created) + line("updated         ", c.updated) +
         line("unchanged       ", c.unchanged) + line("consents given  ", c.consentsGiven) +
         line("kept withdrawn  ", c.keptWithdrawn) + line("unproven        ", c.unproven) +
         line("bad lines       ", c.badLines);
}

std::string toText(const ImportProblem& problem, const std::string& language) {
  const ProblemText& words = problemText(problem.code);
  std::string text = "line " + std::to_string(problem.line);
  if (!problem.column.empty()) text += ", column " + problem.column;
  text += ": " + problem.code;
  if (problem.otherLine > 0) text += " (line " + std::to_string(problem.otherLine) + ")";
  for (const std::int64_t id : problem.customerIds)
    text += " (customer " + std::to_string(id) + ")";
  return text + ": " + (language == "de" ? words.de : words.en);
}

}  // namespace clipcourier::customers
