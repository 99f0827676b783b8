#include "customers/csv_reader.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::customers {
namespace {

constexpr std::size_t kReadBytes = 65'536;

bool endsLine(char c) { return c == '\n' || c == '\r'; }

// Bytes of the line end at text[at]: 0, 1, or 2 for CRLF.
std::size_t lineEndLength(std::string_view text, std::size_t at) {
  if (at >= text.size() || !endsLine(text[at])) return 0;
  return text.substr(at).starts_with("\r\n") ? 2 : 1;
}

std::int64_t countLines(std::string_view text) {
  std::int64_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n' || (text[at] == '\r' && !text.substr(at).starts_with("\r\n"))) ++lines;
  return lines;
}

// The candidate that stands most often outside of quotes; a comma when there is none.
char mostUsedSeparator(std::string_view line) {
  constexpr std::string_view candidates = ",;\t";
  std::array<int, 3> count{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    const std::size_t which = candidates.find(c);
    if (!quoted && which != std::string_view::npos) ++count[which];
  }
  return candidates[static_cast<std::size_t>(std::ranges::max_element(count) - count.begin())];
}

std::string faultOf(std::string_view field) {
  if (field.find('\0') != std::string_view::npos) return "csv.nul";
  return text::isUtf8(field) ? "" : "csv.not_utf8";
}

}  // namespace

// Where parsing stands in the window, and whether it reached the end of the record.
struct CsvReader::Cursor {
  std::string_view text;
  std::size_t at = 0;
  bool complete = true;  // the window holds all that may belong to the record

  bool done() const { return at >= text.size(); }
};

bool CsvRecord::blank() const {
  return std::ranges::all_of(fields, [](const std::string& f) { return text::trim(f).empty(); });
}

CsvReader::CsvReader(std::istream& in, CsvLimits limits) : in_(in), limits_(limits) {
  fill();
  if (window().starts_with("\xef\xbb\xbf")) take(3);
  chooseSeparator();
}

// Afterwards the window holds a whole record of the largest size, or all that is left.
void CsvReader::fill() {
  if (begin_ > kReadBytes) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  while (!atEnd_ && window().size() <= limits_.recordBytes + 2) {
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kReadBytes);
    in_.read(buffer_.data() + before, kReadBytes);
    buffer_.resize(before + static_cast<std::size_t>(in_.gcount()));
    if (in_.bad()) throw Error(ErrorKind::internal, "reading a CSV file failed");
    atEnd_ = !in_;
  }
}

void CsvReader::take(std::size_t bytes) {
  line_ += countLines(window().substr(0, bytes));
  begin_ += bytes;
  taken_ += bytes;
}

void CsvReader::chooseSeparator() {
  const std::string_view line = window().substr(0, window().find_first_of("\r\n"));
  if (line.size() == 5 && line.starts_with("sep=")) {  // written by spreadsheets for themselves
    separator_ = line[4];
    take(line.size() + lineEndLength(window(), line.size()));
  } else {
    separator_ = mostUsedSeparator(line);
  }
  if (std::string_view(",;\t").find(separator_) == std::string_view::npos) separator_ = ',';
}

bool CsvReader::skipEmptyLines() {
  for (;;) {
    fill();
    const std::size_t end = lineEndLength(window(), 0);
    if (end == 0) return !window().empty();
    take(end);
  }
}

bool CsvReader::next(CsvRecord& record) {
  record.fields.clear();
  record.fault.clear();
  record.faultField = 0;
  if (!skipEmptyLines()) return false;
  record.line = line_;
  if (!parse(record)) {
    record.fields.clear();
    skipLine();
  }
  return true;
}

// False: the record has a fault, and nothing was taken.
bool CsvReader::parse(CsvRecord& record) {
  Cursor at{window().substr(0, limits_.recordBytes)};
  at.complete = at.text.size() == window().size() && atEnd_;
  for (;;) {
    if (record.fields.size() == limits_.fields) {
      record.fault = "csv.too_many_fields";
      return false;
    }
    if (!parseField(at, record)) {
      if (record.faultField == 0 && record.fault != "csv.line_too_long")
        record.faultField = record.fields.size() + 1;
      return false;
    }
    if (at.done() && !at.complete) {
      record.fault = "csv.line_too_long";
      return false;
    }
    const std::size_t end = lineEndLength(window(), at.at);
    if (at.done() || end > 0) {
      take(at.at + end);
      return true;
    }
    ++at.at;  // the separator
  }
}

bool CsvReader::parseField(Cursor& at, CsvRecord& record) {
  if (!at.done() && at.text[at.at] == '"') return parseQuoted(at, record);
  const char stops[] = {separator_, '\r', '\n', '"', '\0'};
  const std::size_t end =
      std::min(at.text.find_first_of(std::string_view(stops, 5), at.at), at.text.size());
  if (end < at.text.size() && at.text[end] == '"') record.fault = "csv.stray_quote";
  if (end < at.text.size() && at.text[end] == '\0') record.fault = "csv.nul";
  if (end == at.text.size() && !at.complete) record.fault = "csv.line_too_long";
  if (!record.fault.empty()) return false;
  const std::string_view field = at.text.substr(at.at, end - at.at);
  record.fault = faultOf(field);
  record.fields.emplace_back(field);
  if (!record.fault.empty()) record.faultField = record.fields.size();
  at.at = end;
  return record.fault.empty();
}

bool CsvReader::parseQuoted(Cursor& at, CsvRecord& record) {
  std::string field;
  std::size_t from = at.at + 1;
  for (;;) {
    const std::size_t quote = at.text.find('"', from);
    if (quote == std::string_view::npos) {
      record.fault = "csv.open_quote";
      return false;
    }
    field.append(at.text, from, quote - from);
    at.at = quote + 1;
    if (at.done() || at.text[at.at] != '"') break;
    field += '"';
    from = at.at + 1;
  }
  if (!at.done() && at.text[at.at] != separator_ && !endsLine(at.text[at.at]))
    record.fault = "csv.stray_quote";
  else
    record.fault = faultOf(field);
  if (!record.fault.empty()) return false;
  record.fields.push_back(std::move(field));
  return true;
}

// To behind the next line end, however far away it is.
void CsvReader::skipLine() {
  for (;;) {
    fill();
    const std::size_t end = window().find_first_of("\r\n");
    if (end != std::string_view::npos && (end + 1 < window().size() || atEnd_))
      return take(end + lineEndLength(window(), end));
    const bool last = atEnd_;
    take(end == std::string_view::npos ? window().size() : end);
    if (last) return;
  }
}

TextEncoding detectEncoding(std::istream& in) {
  std::string chunk(kReadBytes, '\0');
  std::string rest;  // the beginning of a character that the next chunk completes
  bool first = true, faults = false, multibyte = false;
  while (in.read(chunk.data(), kReadBytes) || in.gcount() > 0) {
    std::string bytes = rest + chunk.substr(0, static_cast<std::size_t>(in.gcount()));
    if (first && (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")))
      return TextEncoding::utf16;
    if (first && bytes.starts_with("\xef\xbb\xbf")) bytes.erase(0, 3);
    first = false;
    rest.clear();
    for (std::size_t at = 0; at < bytes.size();) {
      if (static_cast<unsigned char>(bytes[at]) < 0x80) {
        ++at;
        continue;
      }
      if (bytes.size() - at < 4 && in) {
        rest = bytes.substr(at);
        break;
      }
      std::size_t length = 4;
      while (length > 1 && !text::isUtf8(std::string_view(bytes).substr(at, length))) --length;
      (length > 1 ? multibyte : faults) = true;
      at += length;
    }
  }
  if (!rest.empty()) (text::isUtf8(rest) ? multibyte : faults) = true;
  if (!faults) return TextEncoding::utf8;
  return multibyte ? TextEncoding::utf8WithFaults : TextEncoding::singleByte;
}

}  // namespace clipcourier::customers
