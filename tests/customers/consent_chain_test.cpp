#include "customers/consent_chain.h"

#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::customers;

namespace {

const crypto::KeyRing kKeys{Secret("a master key of a test, long enough")};

ConsentFact fact(std::string evidence = "said \"Ja\" – öffentlich") {
  ConsentFact f;
  f.customer = {42};
  f.channel = "whatsapp";
  f.purpose = "marketing";
  f.becomes = ConsentState::given;
  f.wording = Wording{{7}, "newsletter", 2, "de", "marketing", {"whatsapp"}, true, "Ja!", {}};
  f.proof = {"web_form", "https://shop.example/form", std::move(evidence)};
  f.at = fromMs(1'790'000'000'000);
  f.actor = {"token", "3", ""};
  return f;
}

}  // namespace

TEST_CASE("the same fact has the same bytes, and they can be read back", "[customers]") {
  const std::string payload = canonicalPayload(fact(), fromMs(1'790'000'000'500));
  CHECK(payload ==
        R"({"actor":{"id":"3","kind":"token"},"address":"","at_ms":1790000000000,)"
        R"("channel":"whatsapp","customer_id":42,"event":"given",)"
        R"("evidence":"said \"Ja\" – öffentlich","method":"web_form","purpose":"marketing",)"
        R"("recorded_at_ms":1790000000500,"source":"https://shop.example/form","v":1,)"
        R"("wording":{"id":7,"language":"de","name":"newsletter","text_sha256":)"
        R"("a2107b1e8fbd980e039f39db3063a8a3ac8204b1ee1e8e30a8864c47352fdd7c","tracking":true,)"
        R"("version":2}})");
  const auto read = readPayload(payload);
  REQUIRE(read);
  CHECK(read->customer == CustomerId{42});
  CHECK(read->channel == "whatsapp");
  CHECK(read->step.becomes == ConsentState::given);
  CHECK(read->step.at == fact().at);
  CHECK(read->step.wording == WordingId{7});
  CHECK(read->step.tracking);
}

TEST_CASE("what is no payload of ours is not read as one", "[customers]") {
  for (const char* text : {"", "{", "[]", "{}", R"({"v":2})", R"({"v":"1"})", R"({"v":1})",
                           R"({"v":1,"customer_id":"x"})"})
    CHECK_FALSE(readPayload(text));
}

TEST_CASE("an entry holds the one before it, the key and its payload", "[customers]") {
  const ConsentChain chain(kKeys);
  const auto first = chain.next(0, "", fact("1"), fromMs(1));
  const auto second = chain.next(first.seq, first.chain, fact("2"), fromMs(2));
  CHECK(second.seq == 2);
  CHECK(first.payloadHash == hashPayload(*first.salt, *first.payload));
  CHECK(second.chain == chain.link(first.chain, second.payloadHash));
  CHECK(second.chain != chain.link("", second.payloadHash));
  const ConsentChain other(crypto::KeyRing{Secret("another master key of a test, as long")});
  CHECK(second.chain != other.link(first.chain, second.payloadHash));
  CHECK(chain.sealHead(2, second.chain) != chain.sealHead(1, first.chain));
}

TEST_CASE("the same fact twice cannot be recognised by its hash", "[customers]") {
  const ConsentChain chain(kKeys);
  const auto a = chain.next(0, "", fact(), fromMs(1)), b = chain.next(0, "", fact(), fromMs(1));
  CHECK(a.payload == b.payload);
  CHECK(a.payloadHash != b.payloadHash);
}
