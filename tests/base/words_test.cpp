#include "base/byte_size.h"
#include "base/clock.h"
#include "base/error.h"

#include "support/catch.h"

using namespace clipcourier;

TEST_CASE("sizes read as people write them", "[base]") {
  CHECK(toString(ByteSize{999}) == "999 bytes");
  CHECK(toString(ByteSize{15'500'000}) == "15.5 MB");
  CHECK(toString(ByteSize{15'500'000}, ',') == "15,5 MB");
  CHECK(toString(ByteSize{999'960}) == "1.0 MB");
}

TEST_CASE("times are RFC 3339 in UTC", "[base]") {
  CHECK(toIso(fromMs(1'790'000'000'123)) == "2026-09-21T14:13:20.123Z");
  CHECK(toIso(fromMs(-1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("context goes in front of what happened", "[base]") {
  Error error(ErrorKind::refused, "invalid data", "send another file");
  error.addContext("decode");
  error.addContext("transcode video 42");
  CHECK(std::string(error.what()) == "transcode video 42: decode: invalid data");
  CHECK(error.code() == "refused");
}
