#include "channels/template.h"

#include "support/catch.h"

using namespace clipcourier::channels;

TEST_CASE("a parameter becomes one clean line", "[channels]") {
  CHECK(cleanParameter("  Jana\n\tMüller     Schmidt \r\n") == "Jana Müller Schmidt");
  CHECK(cleanParameter("a\xE2\x80\xA8"
                       "b\xC2\x85"
                       "c") == "a b c");
  CHECK(cleanParameter("x\xFFy\xC3") == "x\xEF\xBF\xBDy\xEF\xBF\xBD");
  CHECK(cleanParameter("\xED\xA0\x80").find("\xED\xA0") == std::string::npos);
  CHECK(cleanParameter(std::string_view("a\0b", 3)) == "a b");
  CHECK(cleanParameter("😀 ok") == "😀 ok");
  CHECK(cleanParameter(" \n ") == "");
}

TEST_CASE("a preview fills in the values and names what is missing", "[channels]") {
  Template of;
  of.bodyText = "Hallo {{first_name}}, Ihr Clip zu {{ product }}: {{first_name}} {{price}}!";
  of.footerText = "Abmelden jederzeit möglich";
  of.buttons = {{"URL", "Ansehen", "https://w.example/w/{{1}}"}, {"QUICK_REPLY", "Abmelden", ""}};
  CHECK(of.bodyParameters() == std::vector<std::string>{"first_name", "product", "price"});
  const RenderedTemplate seen =
      render(of, {{"first_name", "Jä\nna"}, {"product", "{{price}}"}}, "tok");
  CHECK(seen.body == "Hallo Jä na, Ihr Clip zu {{price}}: Jä na {{price}}!");
  CHECK(seen.missing == std::vector<std::string>{"price"});
  CHECK(seen.buttons[0].url == "https://w.example/w/tok");
  CHECK(seen.footer == of.footerText);
  CHECK(seen.bodyLength == 52);
}

TEST_CASE("the length of a filled body counts characters, not bytes", "[channels]") {
  Template of;
  of.bodyText = "x{{1}}";
  std::string fits, over;
  for (int i = 0; i < 1023; ++i) fits += "ä";
  over = fits + "ä";
  CHECK_FALSE(render(of, {{"1", fits}}).tooLong());
  CHECK(render(of, {{"1", over}}).tooLong());
}

TEST_CASE("braces that open nothing stay as they are", "[channels]") {
  Template of;
  of.bodyText = "a {{1 b }} c {{ d";
  CHECK(render(of, {}).body == "a {{1 b}} c {{ d");
  of.bodyText = "{{{{1}}}}";
  CHECK_NOTHROW(render(of, {{"1", "x"}}));
}
