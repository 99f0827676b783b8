#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace clipcourier::customers {

struct CsvLimits {
  std::size_t recordBytes = 16'384;  // of one record with its line ends
  std::size_t fields = 64;           // of one record
};

// One record, or the reason why the text is none. Reused between calls of next().
struct CsvRecord {
  std::int64_t line = 0;            // where it begins; the first line is 1
  std::vector<std::string> fields;  // UTF-8 without NUL; empty when there is a fault
  std::string fault;                // empty, or a code: "csv.open_quote", "csv.not_utf8", ...
  std::size_t faultField = 0;       // 1-based field of the fault; 0 when it is about the whole line

  bool blank() const;  // no field holds anything
};

// Reads RFC 4180 records from a stream, one at a time, in memory bounded by the limits.
//
// The separator (comma, semicolon or tab) is what the first line uses most, or what a first line
// "sep=;" says. Lines end with CRLF, LF or CR; a UTF-8 byte order mark is skipped; empty lines are
// skipped and counted. Strict: a quote stands around a whole field or doubled inside one. A record
// with a fault costs its first line only: reading goes on behind that line's end. Borrows the
// stream; throws Error(internal) when reading it fails. Not thread-safe.
class CsvReader {
 public:
  explicit CsvReader(std::istream& in, CsvLimits limits = {});

  bool next(CsvRecord& record);  // false at the end
  char separator() const { return separator_; }
  std::uint64_t bytesRead() const { return taken_; }  // up to the end of the last record

 private:
  struct Cursor;
  void fill();
  std::string_view window() const { return std::string_view(buffer_).substr(begin_); }
  void take(std::size_t bytes);
  void chooseSeparator();
  bool skipEmptyLines();
  bool parse(CsvRecord& record);
  bool parseField(Cursor& at, CsvRecord& record);
  bool parseQuoted(Cursor& at, CsvRecord& record);
  void skipLine();

  std::istream& in_;
  CsvLimits limits_;
  std::string buffer_;  // what was read and not yet taken begins at begin_
  std::size_t begin_ = 0;
  bool atEnd_ = false;  // the stream has nothing more; the buffer may
  std::uint64_t taken_ = 0;
  std::int64_t line_ = 1;
  char separator_ = ',';
};

// How a file's text is encoded, judged by all of its bytes.
enum class TextEncoding { utf8, utf8WithFaults, singleByte, utf16 };

// utf8WithFaults: most is UTF-8, some lines are broken. singleByte: bytes above 127, and not one of
// them part of a UTF-8 character, as in Windows-1252. Reads the stream to its end.
TextEncoding detectEncoding(std::istream& in);

}  // namespace clipcourier::customers
