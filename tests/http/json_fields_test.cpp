#include "http/json_fields.h"

#include <nlohmann/json.hpp>

#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

TEST_CASE("fields are read with their types", "[http]") {
  JsonFields fields(json{
      {"title", "  Spring "}, {"count", 3}, {"live", true}, {"tags", {"a", "b"}}, {"kind", "x"}});
  CHECK(fields.text("title", 20) == "Spring");
  CHECK(fields.number("count", 1, 5) == 3);
  CHECK(fields.flag("live", false));
  CHECK(fields.texts("tags", 5, 5) == std::vector<std::string>{"a", "b"});
  CHECK(fields.oneOf("kind", {"x", "y"}) == "x");
  CHECK_FALSE(fields.optionalText("note", 10));
  CHECK_NOTHROW(fields.check());
}

TEST_CASE("every mistake is named at once", "[http]") {
  JsonFields fields(json{
      {"title", 7}, {"count", 18446744073709551615u}, {"extra", 1}, {"kind", "z"}, {"tags", "a"}});
  fields.text("title", 20);
  fields.number("count", 1, 5);
  fields.text("name", 5);
  fields.oneOf("kind", {"x", "y"});
  fields.texts("tags", 5, 5);
  try {
    fields.check();
    FAIL("nothing was noticed");
  } catch (const Error& error) {
    std::vector<std::string> where;
    for (const ErrorDetail& detail : error.details()) where.push_back(detail.where);
    CHECK(where == std::vector<std::string>{"title", "count", "name", "kind", "tags", "extra"});
  }
}

TEST_CASE("a body that is no object has no fields", "[http]") {
  CHECK_THROWS_AS(JsonFields(json::array()), Error);
}
