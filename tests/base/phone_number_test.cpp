#include "base/phone_number.h"

#include "support/catch.h"

using clipcourier::PhoneNumber;

TEST_CASE("numbers as people write them become E.164", "[phone]") {
  for (const char* text : {"0170 1234567", "+49 170 1234567", "0049-170-1234567", "(0170) 1234567"})
    CHECK(PhoneNumber::parse(text).value().e164() == "+491701234567");
  CHECK(PhoneNumber::parse("020 7946 0018", "GB").value().e164() == "+442079460018");
}

TEST_CASE("what is no number is refused", "[phone]") {
  for (const char* text :
       {"", "hello", "123", "+49", "+4917012345678901234", "0170 12", "DROP TABLE"})
    CHECK_FALSE(PhoneNumber::parse(text));
  CHECK_FALSE(PhoneNumber::parse(std::string(10000, '1')));
}

TEST_CASE("a masked number shows no subscriber", "[phone]") {
  CHECK(PhoneNumber::parse("+491701234567")->masked() == "+49…567");
}
