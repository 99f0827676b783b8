#include "base/text.h"

#include "support/catch.h"

using namespace clipcourier;

TEST_CASE("UTF-8 is checked as Unicode defines it", "[text]") {
  CHECK(text::isUtf8("Grüße, 🎬"));
  CHECK_FALSE(text::isUtf8("\xc0\xaf"));          // overlong slash
  CHECK_FALSE(text::isUtf8("\xed\xa0\x80"));      // surrogate
  CHECK_FALSE(text::isUtf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  CHECK_FALSE(text::isUtf8("\xe2\x82"));          // cut off
  CHECK_FALSE(text::isUtf8(std::string_view("a\0b", 3)));
}

TEST_CASE("trim takes what spreadsheets leave", "[text]") {
  CHECK(text::trim(" \t\xc2\xa0 STOP \r\n\xc2\xa0") == "STOP");
  CHECK(text::trim("  ").empty());
}

TEST_CASE("truncate never cuts a character", "[text]") {
  CHECK(text::truncate("für", 2) == "f");
  CHECK(text::truncate("für", 3) == "fü");
  CHECK(text::truncate("für", 10) == "für");
}

TEST_CASE("language takes the primary subtag", "[text]") {
  CHECK(text::language("de_DE") == "de");
  CHECK(text::language("EN-us") == "en");
  CHECK_FALSE(text::language(""));
  CHECK_FALSE(text::language("deutsch"));
  CHECK_FALSE(text::language("d1"));
}

TEST_CASE("split keeps empty parts", "[text]") {
  CHECK(text::split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(text::split("", ',') == std::vector<std::string>{""});
}
