#include "customers/csv_reader.h"

#include <sstream>

#include "support/catch.h"

using namespace clipcourier::customers;
using Fields = std::vector<std::string>;

namespace {

std::vector<CsvRecord> readAll(const std::string& text, CsvLimits limits = {}) {
  std::istringstream in(text);
  CsvReader reader(in, limits);
  std::vector<CsvRecord> records;
  for (CsvRecord record; reader.next(record);) records.push_back(record);
  return records;
}

std::vector<Fields> fieldsOf(const std::string& text) {
  std::vector<Fields> all;
  for (auto& record : readAll(text)) {
    CHECK(record.fault.empty());
    all.push_back(record.fields);
  }
  return all;
}

TextEncoding encodingOf(const std::string& text) {
  std::istringstream in(text);
  return detectEncoding(in);
}

// Makes up a million lines as they are asked for, so that only the reader can hold them.
class ManyLines : public std::streambuf {
 public:
  explicit ManyLines(int lines) : left_(lines) {}

 private:
  int_type underflow() override {
    if (left_ == 0) return traits_type::eof();
    --left_;
    line_ = "ref" + std::to_string(left_) + ";\"Müller; \"\"Anna\"\"\";+49170" + "\r\n";
    setg(line_.data(), line_.data(), line_.data() + line_.size());
    return traits_type::to_int_type(line_[0]);
  }
  int left_;
  std::string line_;
};

}  // namespace

TEST_CASE("a record ends with any of the three line ends, or with the file", "[customers]") {
  const std::vector<Fields> expected{{"a", "b"}, {"1", "2"}, {"3", ""}};
  CHECK(fieldsOf("a,b\n1,2\n3,\n") == expected);
  CHECK(fieldsOf("a,b\r\n1,2\r\n3,") == expected);
  CHECK(fieldsOf("a,b\r1,2\r3,\r") == expected);
  CHECK(fieldsOf("").empty());
  CHECK(fieldsOf("\n\r\n\n").empty());
}

TEST_CASE("the separator is the one that the first line uses most", "[customers]") {
  CHECK(fieldsOf("a;b,c;d\n") == std::vector<Fields>{{"a", "b,c", "d"}});
  CHECK(fieldsOf("a\tb\n1\t2,5\n") == std::vector<Fields>{{"a", "b"}, {"1", "2,5"}});
  CHECK(fieldsOf("\"x;y;z\",b\n") == std::vector<Fields>{{"x;y;z", "b"}});
  CHECK(fieldsOf("alone\n") == std::vector<Fields>{{"alone"}});
  CHECK(fieldsOf("sep=;\r\na,1;b\r\n") == std::vector<Fields>{{"a,1", "b"}});
}

TEST_CASE("a byte order mark is not part of the first name", "[customers]") {
  CHECK(fieldsOf("\xef\xbb\xbfname,b\n") == std::vector<Fields>{{"name", "b"}});
  CHECK(fieldsOf("\xef\xbb\xbf\"name\",b\n") == std::vector<Fields>{{"name", "b"}});
}

TEST_CASE("quotes hold separators, quotes and line ends", "[customers]") {
  const auto records = readAll("a,b\n\"x,\"\"y\"\"\r\nz\",\"\"\nlast,1\n");
  REQUIRE(records.size() == 3);
  CHECK(records[1].fields == Fields{"x,\"y\"\r\nz", ""});
  CHECK(records[1].line == 2);
  CHECK(records[2].line == 4);
}

TEST_CASE("a fault costs its own line and names the place", "[customers]") {
  const struct {
    std::string bad, fault;
    std::size_t field;
  } cases[] = {
      {"x,say \"hi\"", "csv.stray_quote", 2},
      {"x,\"hi\" there", "csv.stray_quote", 2},
      {"x,\"never closed", "csv.open_quote", 2},
      {std::string("x,a\0b", 5), "csv.nul", 2},
      {std::string("x,\"a\0b\"", 7), "csv.nul", 2},
      {"M\xfcller,x", "csv.not_utf8", 1},
      {"x,\xc3", "csv.not_utf8", 2},
      {"x,\"\xed\xa0\x80\"", "csv.not_utf8", 2},
  };
  for (const auto& c : cases) {
    CAPTURE(c.bad);
    const auto records = readAll("a,b\n" + c.bad + "\nok,ok\n");
    REQUIRE(records.size() == 3);
    CHECK(records[1].fault == c.fault);
    CHECK(records[1].faultField == c.field);
    CHECK(records[1].line == 2);
    CHECK(records[1].fields.empty());
    CHECK(records[2].fields == Fields{"ok", "ok"});
    CHECK(records[2].line == 3);
  }
}

TEST_CASE("a line of any length is refused in bounded memory and the next one is read",
          "[customers]") {
  const CsvLimits limits{1000, 5};
  for (const std::size_t length : {995u, 1'001u, 70'000u, 1'000'000u}) {
    CAPTURE(length);
    const auto records = readAll("a,b\n" + std::string(length, 'x') + "\nok,ok\n", limits);
    REQUIRE(records.size() == 3);
    CHECK(records[1].fault == (length < 1000 ? "" : "csv.line_too_long"));
    CHECK(records[2].fields == Fields{"ok", "ok"});
  }
  CHECK(readAll("1,2,3,4,5\n1,2,3,4,5,6\n", limits)[1].fault == "csv.too_many_fields");
  const auto open = readAll("a,b\n\"" + std::string(5'000, 'x') + "\nok,ok\n", limits);
  REQUIRE(open.size() == 3);
  CHECK(open[1].fault == "csv.open_quote");
  CHECK(open[2].fields == Fields{"ok", "ok"});
}

TEST_CASE("an open quote does not swallow the lines behind it", "[customers]") {
  const auto records = readAll("a,b\nx,\"open\n1,\"2\"\n3,4\n");
  REQUIRE(records.size() == 4);
  CHECK(records[1].fault == "csv.stray_quote");  // the next quote seems to close it, and cannot
  CHECK(records[2].fields == Fields{"1", "2"});
  CHECK(records[3].line == 4);
}

TEST_CASE("any bytes at all are read to the end", "[customers]") {
  std::uint32_t random = 42;
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (int i = 0; i < 400; ++i) {
      random = random * 1664525 + 1013904223;
      bytes += "\"\"\",;\r\n\n\tab\xc3\xa4\xff"[(random >> 20) % 14];
    }
    const auto records = readAll(bytes, {100, 6});
    for (std::size_t i = 1; i < records.size(); ++i) CHECK(records[i].line > records[i - 1].line);
    for (const auto& record : records) CHECK(record.fault.empty() != record.fields.empty());
  }
}

TEST_CASE("the encoding is judged by the whole file", "[customers]") {
  CHECK(encodingOf("name\nAnna\n") == TextEncoding::utf8);
  CHECK(encodingOf("\xef\xbb\xbfname\nM\xc3\xbcller\n") == TextEncoding::utf8);
  CHECK(encodingOf("M\xc3\xbcller\nK\xf6nig\n") == TextEncoding::utf8WithFaults);
  CHECK(encodingOf("M\xfcller\nK\xf6nig\n") == TextEncoding::singleByte);
  CHECK(encodingOf(std::string("\xff\xfen\0a\0", 6)) == TextEncoding::utf16);
  // A character that lies across the end of what is read at once.
  for (int before = 65'530; before < 65'540; ++before)
    CHECK(encodingOf(std::string(static_cast<std::size_t>(before), 'x') + "\xe2\x82\xac") ==
          TextEncoding::utf8);
}

TEST_CASE("a million lines are read one at a time", "[customers]") {
  ManyLines lines(1'000'000);
  std::istream in(&lines);
  CsvReader reader(in);
  std::int64_t count = 0;
  for (CsvRecord record; reader.next(record); ++count)
    if (record.fields.size() != 3 || record.fields[1] != "Müller; \"Anna\"") FAIL(count);
  CHECK(count == 1'000'000);
}
