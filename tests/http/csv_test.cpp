#include "http/csv.h"

#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;

TEST_CASE("cells are quoted by RFC 4180", "[http]") {
  CHECK(csvCell("Jana", ',') == "Jana");
  CHECK(csvCell("", ',').empty());
  CHECK(csvCell("a \"b\"", ',') == "\"a \"\"b\"\"\"");
  CHECK(csvCell("a,b", ',') == "\"a,b\"");
  CHECK(csvCell("a;b", ',') == "\"a;b\"");  // whichever separator the reader expects
  CHECK(csvCell("a\r\nb", ',') == "\"a\r\nb\"");
  CHECK(csvCell(" a", ',') == "\" a\"");
  CHECK(csvLine({"1", "Müller, Jana", ""}, {';', false}) == "1;\"Müller, Jana\";\r\n");
  CHECK(csvStart({',', true}) == "\xEF\xBB\xBF");
  CHECK(csvStart({',', false}).empty());
}

TEST_CASE("nothing a stranger wrote becomes a formula", "[http]") {
  for (const std::string text :
       {"=1+1", "+49", "-1", "@SUM(A1)", "  =1", "\u00A0=1", "\u3000\u200B=1", "\uFEFF=1", "＝1+1",
        "＋1", "－1", "＠SUM", "\u2212 1", "﹢1"}) {
    INFO(text);
    const std::string cell = csvCell(text, ',');
    CHECK((cell.starts_with("'") || cell.starts_with("\"'")));
  }
  for (const std::string text : {"\t=1", "\r=1", "\n=1", "\x01=1", "\t"})
    CHECK(csvCell(text, ',').find('\'') <= 1);
  CHECK(csvCell("\"=1\"", ',') == "\"\"\"=1\"\"\"");  // a quotation mark is no beginning of one
  CHECK(csvCell("a=1", ',') == "a=1");
  CHECK(csvCell("5 - 3", ',') == "5 - 3");
  CHECK(csvCell("2026-11-27T03:00:00.000Z", ',') == "2026-11-27T03:00:00.000Z");
}

TEST_CASE("broken text becomes whole", "[http]") {
  CHECK(csvCell("a\xFF"
                "b",
                ',') ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(csvCell(std::string("a\0b", 3), ',') ==
        "a\xEF\xBF\xBD"
        "b");
}
