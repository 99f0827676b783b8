#include "base/crypto.h"
#include "base/digest.h"

#include "support/catch.h"

using namespace clipcourier;

TEST_CASE("HMAC-SHA256 agrees with RFC 4231 test case 2", "[crypto]") {
  CHECK(crypto::hex(crypto::hmacSha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("SHA-256 in pieces agrees with SHA-256 in one go", "[crypto]") {
  crypto::Sha256 pieces;
  pieces.update("a");
  pieces.update("bc");
  const std::string digest = pieces.finish();
  CHECK(digest == crypto::sha256("abc"));
  CHECK(crypto::hex(digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("hex and base64 read back what they wrote and refuse the rest", "[crypto]") {
  const std::string bytes = crypto::randomBytes(37);
  CHECK(crypto::unhex(crypto::hex(bytes)) == bytes);
  CHECK(crypto::unbase64url(crypto::base64url(bytes)) == bytes);
  CHECK(crypto::unbase64(crypto::base64(bytes)) == bytes);
  CHECK_FALSE(crypto::unhex("abc"));
  CHECK_FALSE(crypto::unhex("zz"));
  CHECK_FALSE(crypto::unbase64url("a+b="));
}

TEST_CASE("a sealed text opens only with its key and context", "[crypto]") {
  const std::string key = crypto::randomBytes(32);
  std::string sealed = crypto::seal(key, "message 42", "watch");
  CHECK(crypto::open(key, sealed, "watch") == "message 42");
  CHECK_FALSE(crypto::open(key, sealed, "preferences"));
  CHECK_FALSE(crypto::open(crypto::randomBytes(32), sealed, "watch"));
  sealed.back() ^= 1;
  CHECK_FALSE(crypto::open(key, sealed, "watch"));
  CHECK_FALSE(crypto::open(key, "short", "watch"));
}

TEST_CASE("keys differ by purpose", "[crypto]") {
  const crypto::KeyRing keys(Secret("master"));
  CHECK(keys.key("watch") != keys.key("report"));
  CHECK(keys.key("watch") == keys.key("watch"));
  CHECK(keys.key("watch").size() == 32);
}

TEST_CASE("digests are those of the standards", "[crypto]") {
  const auto of = [](crypto::Algorithm algorithm) {
    crypto::Digest digest(algorithm);
    digest.update("a");
    digest.update("bc");
    return crypto::hex(digest.finish());
  };
  CHECK(of(crypto::Algorithm::md5) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(of(crypto::Algorithm::sha1) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(of(crypto::Algorithm::sha256) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
