#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipcourier::http {

struct CsvFormat {
  char separator = ',';  // ';' is what a German Excel expects
  bool bom = false;      // tells Excel that it is UTF-8
};

// One cell by RFC 4180, quoted where needed. A text that a spreadsheet would take for a formula
// gets an apostrophe in front, because the names in it are written by strangers: what begins with =
// + - @, a tab or a line break, also behind blanks and in full width. Broken UTF-8 becomes U+FFFD.
std::string csvCell(std::string_view text, char separator);

// Cells with separators between them, and CR LF.
std::string csvLine(const std::vector<std::string>& cells, const CsvFormat& format);

// What stands in front of the first line.
std::string csvStart(const CsvFormat& format);

}  // namespace clipcourier::http
