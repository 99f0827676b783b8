#include "customers/import_repository.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "customers/json_rows.h"

namespace clipcourier::customers {
namespace {

using Json = nlohmann::json;

namespace sql {
constexpr auto add = R"sql(
  INSERT INTO imports (state, dry_run, file, file_sha256, bytes_total, created_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6) RETURNING id)sql";
constexpr std::string_view columns = R"sql(
  SELECT id, state, dry_run, file, file_sha256, bytes_total, bytes_done, lines_done, created, updated,
         unchanged, consents_given, kept_withdrawn, unproven, bad_lines, error_code, error, hint,
         created_at_ms, finished_at_ms FROM imports )sql";
constexpr auto byId = "WHERE id = $1";
constexpr auto needs = R"sql(
  SELECT count(*) FROM imports WHERE file = $1 AND state IN ('waiting', 'running'))sql";
constexpr auto before = "WHERE id < $1 ORDER BY id DESC LIMIT $2";
constexpr auto advance = R"sql(
  UPDATE imports SET state = 'running', lines_done = $1, bytes_done = $2, created = created + $3,
    updated = updated + $4, unchanged = unchanged + $5, consents_given = consents_given + $6,
    kept_withdrawn = kept_withdrawn + $7, unproven = unproven + $8, bad_lines = bad_lines + $9
  WHERE id = $10 AND lines_done = $11 AND state IN ('waiting', 'running'))sql";
constexpr auto finish = R"sql(
  UPDATE imports SET state = $1, finished_at_ms = $2, error_code = $3, error = $4, hint = $5
  WHERE id = $6 AND state IN ('waiting', 'running'))sql";
constexpr auto addProblems = R"sql(
  INSERT INTO import_problems (import_id, number, line, column_name, code, refused, other_line,
                               customer_ids)
  SELECT CAST(e.value->>'import' AS BIGINT), CAST(e.value->>'number' AS BIGINT),
         CAST(e.value->>'line' AS BIGINT), e.value->>'column', e.value->>'code',
         CAST(e.value->>'refused' AS INTEGER), CAST(e.value->>'other' AS BIGINT),
         e.value->>'customers'
  FROM {rows})sql";
constexpr auto problems = R"sql(
  SELECT number, line, column_name, code, refused, other_line, customer_ids FROM import_problems
  WHERE import_id = $1 AND number > $2 ORDER BY number LIMIT $3)sql";
}  // namespace sql

template <class... Args>
std::vector<Import> read(db::Connection& connection, std::string_view where, const Args&... args) {
  std::vector<Import> imports;
  using std::int64_t, std::string;
  for (auto& [id, state, dryRun, file, sha, total, done, lines, created, updated, unchanged, given,
              kept, unproven, bad, code, error, hint, createdAt, finishedAt] :
       connection.query<ImportId, string, bool, string, string, std::uint64_t, std::uint64_t,
                        int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                        string, string, string, TimePoint, std::optional<TimePoint>>(
           string(sql::columns).append(where), args...))
    imports.push_back({.id = id,
                       .state = *importState(state),
                       .dryRun = dryRun,
                       .file = std::move(file),
                       .fileSha256 = std::move(sha),
                       .bytesTotal = total,
                       .bytesDone = done,
                       .linesDone = lines,
                       .counts = {created, updated, unchanged, given, kept, unproven, bad},
                       .errorCode = std::move(code),
                       .error = std::move(error),
                       .hint = std::move(hint),
                       .createdAt = createdAt,
                       .finishedAt = finishedAt});
  return imports;
}

}  // namespace

ImportId ImportRepository::add(const Import& import, TimePoint now) {
  return *connection_.scalar<ImportId>(sql::add, name(ImportState::waiting), import.dryRun,
                                       import.file, import.fileSha256, import.bytesTotal, now);
}

std::optional<Import> ImportRepository::find(ImportId id) {
  auto found = read(connection_, sql::byId, id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

bool ImportRepository::needs(const std::string& file) {
  return connection_.scalar<std::int64_t>(sql::needs, file).value() > 0;
}

std::vector<Import> ImportRepository::list(ImportId before, int limit) {
  const ImportId from = before.value > 0 ? before : ImportId{INT64_MAX};
  return read(connection_, sql::before, from, limit);
}

void ImportRepository::advance(ImportId id, std::int64_t linesBefore, std::int64_t linesDone,
                               std::uint64_t bytesDone, const ImportCounts& more) {
  const auto rows = connection_.run(sql::advance, linesDone, bytesDone, more.created, more.updated,
                                    more.unchanged, more.consentsGiven, more.keptWithdrawn,
                                    more.unproven, more.badLines, id, linesBefore);
  if (rows != 1)
    throw Error(ErrorKind::conflict, "somebody else goes on with this import", "wait for it to end",
                "import.lost");
}

void ImportRepository::finish(ImportId id, ImportState state, TimePoint now,
                              const std::string& code, const std::string& error,
                              const std::string& hint) {
  connection_.run(sql::finish, name(state), now, code, error, hint, id);
}

void ImportRepository::addProblems(ImportId id, std::int64_t firstNumber,
                                   const std::vector<ImportProblem>& problems) {
  if (problems.empty()) return;
  Json rows = Json::array();
  for (const ImportProblem& p : problems)
    rows.push_back({{"import", id.value},
                    {"number", firstNumber++},
                    {"line", p.line},
                    {"column", p.column},
                    {"code", p.code},
                    {"refused", p.refused ? 1 : 0},
                    {"other", p.otherLine},
                    {"customers", Json(p.customerIds).dump()}});
  connection_.run(overRows(connection_, sql::addProblems), rows.dump());
}

std::int64_t ImportRepository::countProblems(ImportId id) {
  return connection_
      .scalar<std::int64_t>("SELECT count(*) FROM import_problems WHERE import_id = $1", id)
      .value_or(0);
}

std::vector<ReportedProblem> ImportRepository::problems(ImportId id, std::int64_t afterNumber,
                                                        int limit) {
  std::vector<ReportedProblem> result;
  for (auto& [number, line, column, code, refused, other, ids] :
       connection_.query<std::int64_t, std::int64_t, std::string, std::string, bool, std::int64_t,
                         std::string>(sql::problems, id, afterNumber, limit))
    result.push_back({number,
                      {line, std::move(column), std::move(code), refused, other,
                       Json::parse(ids).get<std::vector<std::int64_t>>()}});
  return result;
}

}  // namespace clipcourier::customers
