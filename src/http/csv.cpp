#include "http/csv.h"

#include "channels/utf8.h"

namespace clipcourier::http {
namespace {

namespace utf8 = channels::utf8;

// What a spreadsheet, or a person who cleans up a table, may drop from the front.
bool isBlank(char32_t c) {
  return c == ' ' || c == 0xA0 || c == 0xAD || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF;
}

bool isControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

bool beginsFormula(char32_t c) {
  switch (c) {
    case '=':
    case '+':
    case '-':
    case '@':
    case 0xFF1D:  // the same in full width, and in small forms
    case 0xFF0B:
    case 0xFF0D:
    case 0xFF20:
    case 0xFE66:
    case 0xFE62:
    case 0xFE63:
    case 0xFE6B:
    case 0x2212:  // minus
      return true;
    default: return isControl(c);
  }
}

// As Unicode has it; a NUL would end the cell in many programs.
std::string clean(std::string_view text) {
  std::string result;
  utf8::walk(text, [&](std::string_view character) {
    result += character == std::string_view("\0", 1) ? utf8::kReplacement : character;
  });
  return result;
}

bool looksLikeFormula(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8::sequenceLength(text);
    const char32_t c = utf8::codePoint(text.substr(0, length));
    if (beginsFormula(c)) return true;
    if (!isBlank(c)) return false;
    text.remove_prefix(length);
  }
  return false;
}

}  // namespace

std::string csvCell(std::string_view text, char separator) {
  std::string cell = clean(text);
  if (looksLikeFormula(cell)) cell.insert(0, 1, '\'');
  const bool bare = cell.find_first_of("\"\r\n\t;,") == std::string::npos &&
                    cell.find(separator) == std::string::npos &&
                    (cell.empty() || (cell.front() != ' ' && cell.back() != ' '));
  if (bare) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string csvLine(const std::vector<std::string>& cells, const CsvFormat& format) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += format.separator;
    line += csvCell(cells[i], format.separator);
  }
  return line + "\r\n";
}

std::string csvStart(const CsvFormat& format) { return format.bom ? "\xEF\xBB\xBF" : ""; }

}  // namespace clipcourier::http
