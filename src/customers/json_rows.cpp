#include "customers/json_rows.h"

namespace clipcourier::customers {

std::string overRows(const db::Connection& connection, std::string_view sql) {
  constexpr std::string_view mark = "{rows}";
  std::string text(sql);
  const std::size_t at = text.find(mark);
  return text.replace(
      at, mark.size(),
      connection.pick("json_each($1) AS e", "json_array_elements($1::json) AS e(value)"));
}

}  // namespace clipcourier::customers
