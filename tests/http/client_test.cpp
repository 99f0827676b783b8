#include "http/client.h"

#include "support/catch.h"

using namespace clipcourier::http;

namespace {

Address address(const std::string& text) { return Address::parse(text).value(); }

// What the chain of proxies that ends with 10.0.0.1 says.
Client through(std::vector<std::pair<std::string, std::string>> fields,
               const std::string& peer = "10.0.0.1", bool tls = false) {
  Head head;
  head.fields = std::move(fields);
  return clientOf(address(peer), tls, head, Networks::parse("10.0.0.0/8, fd00::/8").value());
}

}  // namespace

TEST_CASE("networks hold their addresses and no others", "[http]") {
  const auto networks = Networks::parse("10.0.0.0/8, 192.0.2.7, 2001:db8::/33,::1").value();
  for (const char* inside :
       {"10.255.0.1", "192.0.2.7", "2001:db8:7fff::1", "::1", "::ffff:10.1.1.1"})
    CHECK(networks.contain(address(inside)));
  for (const char* outside : {"11.0.0.1", "192.0.2.8", "2001:db8:8000::1", "::2", "::"})
    CHECK_FALSE(networks.contain(address(outside)));
  CHECK_FALSE(Networks::parse("").value().contain(address("127.0.0.1")));
  CHECK(Networks::parse("0.0.0.0/0").value().contain(address("8.8.8.8")));
  CHECK_FALSE(Networks::parse("0.0.0.0/0").value().contain(address("2001:db8::1")));
  for (const char* wrong : {"10.0.0.0/33", "10.0.0.1/8", "10.0.0", "localhost", "10.0.0.0/", "/8",
                            "10.0.0.0/-1", "::/129", "10.0.0.1,,", "2001:db8::g", "10.0.0.0/8x"})
    CHECK_FALSE(Networks::parse(wrong));
}

TEST_CASE("a truncated address names a neighbourhood", "[http]") {
  CHECK(address("203.0.113.77").truncated() == "203.0.113.0");
  CHECK(address("::ffff:203.0.113.77").truncated() == "203.0.113.0");
  CHECK(address("2001:db8:1:2:3:4:5:6").truncated() == "2001:db8:1::");
  CHECK(address("2001:db8::1").subscriber() == address("2001:db8::2").subscriber());
  CHECK(address("192.0.2.1").subscriber() != address("192.0.2.2").subscriber());
}

TEST_CASE("only trusted proxies are believed", "[http]") {
  const Client stranger =
      through({{"x-forwarded-for", "192.0.2.1"}, {"x-forwarded-proto", "https"}}, "198.51.100.1");
  CHECK(stranger.address == address("198.51.100.1"));
  CHECK_FALSE(stranger.proxied);
  CHECK_FALSE(stranger.https);
  const Client known = through({{"x-forwarded-for", "192.0.2.1"}, {"x-forwarded-proto", "https"}});
  CHECK(known.address == address("192.0.2.1"));
  CHECK(known.proxied);
  CHECK(known.https);
  CHECK(through({}, "198.51.100.1", true).https);
}

TEST_CASE("the client is the first from the right that is no proxy of ours", "[http]") {
  const auto from = [](const std::string& list) {
    return through({{"x-forwarded-for", list}}).address;
  };
  CHECK(from("6.6.6.6, 192.0.2.1, 10.0.0.2") == address("192.0.2.1"));
  CHECK(from("10.9.9.9, 10.0.0.2") == address("10.9.9.9"));
  CHECK(from("192.0.2.1:4711") == address("192.0.2.1"));
  CHECK(from("[2001:db8::1]:4711, fd00::2") == address("2001:db8::1"));
  CHECK(from("2001:db8::1") == address("2001:db8::1"));
  CHECK(through({{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-for", "192.0.2.1"}}).address ==
        address("192.0.2.1"));
}

TEST_CASE("hostile values name nobody", "[http]") {
  for (const std::string& hostile :
       {std::string("unknown"), std::string("192.0.2.1 evil"), std::string("_hidden"),
        std::string("192.0.2.1, "), std::string(5'000, '1'), std::string("[::1"),
        std::string("127.0.0.1\0", 10), std::string("0x7f000001"), std::string("1.2.3"),
        std::string("%31.2.3.4")}) {
    INFO(hostile.substr(0, 40));
    const Client client = through({{"x-forwarded-for", hostile}});
    CHECK(client.address == address("10.0.0.1"));
    CHECK_FALSE(client.proxied);
  }
  CHECK_FALSE(through({{"x-forwarded-proto", "https"}, {"x-forwarded-proto", "http"}}).https);
  CHECK_FALSE(through({{"x-forwarded-proto", "httpsx"}}).https);
  // So many hops that nobody reads them all.
  std::string chain = "192.0.2.1";
  for (int i = 0; i < 1'000; ++i) chain += ", 10.0.0.2";
  CHECK(through({{"x-forwarded-for", chain}}).address == address("10.0.0.2"));
}

TEST_CASE("a place that is taken is given back once", "[http]") {
  ClientCounts counts(2);
  auto first = counts.take(address("192.0.2.1"));
  auto second = counts.take(address("192.0.2.1"));
  REQUIRE(second);
  CHECK_FALSE(counts.take(address("192.0.2.1")));
  CHECK(counts.take(address("192.0.2.2")));
  ClientCounts::Ticket moved = *std::move(second);
  second->drop();
  CHECK_FALSE(counts.take(address("192.0.2.1")));
  moved = ClientCounts::Ticket();
  auto again = counts.take(address("192.0.2.1"));
  CHECK(again);
  CHECK_FALSE(counts.take(address("192.0.2.1")));
}
