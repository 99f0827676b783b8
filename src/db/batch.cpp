#include "db/batch.h"

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::db {
namespace {

// `type` is what PostgreSQL makes of the elements.
std::string valueSet(const std::string& parameter, std::string_view type, Engine engine) {
  if (engine == Engine::sqlite) return "(SELECT value FROM json_each(" + parameter + "))";
  return "(SELECT CAST(jsonb_array_elements_text(CAST(" + parameter + " AS jsonb)) AS " +
         std::string(type) + "))";
}

std::string rowTable(const std::string& parameter, const std::string& columns, Engine engine) {
  if (engine == Engine::postgresql)
    return "jsonb_to_recordset(CAST(" + parameter + " AS jsonb)) AS x (" + columns + ")";
  std::string list;
  for (const std::string& column : text::split(columns, ',')) {
    const std::string trimmed = text::trim(column), name = trimmed.substr(0, trimmed.find(' '));
    list += (list.empty() ? "" : ", ") + ("value ->> '" + name + "' AS ") + name;
  }
  return "(SELECT " + list + " FROM json_each(" + parameter + ")) AS x";
}

// `mark` is what stands between the braces: "ids $1" or "rows $1 id bigint, ...".
std::string expand(const std::string& mark, Engine engine) {
  const std::size_t parameterAt = mark.find(' ') + 1;
  const std::size_t parameterEnd = std::min(mark.find(' ', parameterAt), mark.size());
  const std::string parameter = mark.substr(parameterAt, parameterEnd - parameterAt);
  if (mark.starts_with("ids ")) return valueSet(parameter, "bigint", engine);
  if (mark.starts_with("texts ")) return valueSet(parameter, "text", engine);
  if (mark.starts_with("rows ")) return rowTable(parameter, mark.substr(parameterEnd + 1), engine);
  throw Error(ErrorKind::internal, "unknown mark in a batch statement");
}

}  // namespace

std::string forBatch(std::string_view sql, Engine engine) {
  std::string result;
  for (;;) {
    const std::size_t open = sql.find('{');
    result += sql.substr(0, open);
    if (open == std::string_view::npos) return result;
    const std::size_t close = sql.find('}', open);
    result += expand(std::string(sql.substr(open + 1, close - open - 1)), engine);
    sql.remove_prefix(close + 1);
  }
}

}  // namespace clipcourier::db
