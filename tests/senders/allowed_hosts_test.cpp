#include "senders/allowed_hosts.h"
#include "base/error.h"

#include "senders/senders_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::senders;

TEST_CASE("a token goes to known hosts only, and over TLS", "[senders]") {
  const AllowedHosts hosts;
  for (const char* good : {"https://graph.facebook.com", "https://GRAPH.facebook.com/x",
                           "https://graph.facebook.com:443", "http://127.0.0.1:8099",
                           "http://localhost", "http://[::1]:80/"})
    CHECK(hosts.allow(good));
  for (const char* bad :
       {"http://graph.facebook.com", "https://evil.example",
        "https://graph.facebook.com.evil.example", "https://graph.facebook.com@evil.example",
        "https://evil.example/graph.facebook.com", "ftp://127.0.0.1",
        "http://127.0.0.1.evil.example", "http://10.0.0.1", "", "https://"})
    CHECK_FALSE(hosts.allow(bad));
}

TEST_CASE("the list of hosts is the whole list", "[senders]") {
  const AllowedHosts hosts("gate.example:8443, Other.example");
  CHECK(hosts.allow("https://gate.example:8443/v1"));
  CHECK_FALSE(hosts.allow("https://gate.example"));
  CHECK(hosts.allow("https://other.example:9"));
  CHECK_FALSE(hosts.allow("https://graph.facebook.com"));
  CHECK_FALSE(hosts.allow("http://127.0.0.1"));
  CHECK_FALSE(AllowedHosts("").allow("http://127.0.0.1"));
  CHECK(AllowedHosts::isList("a.example, loopback, [::1]"));
  CHECK_FALSE(AllowedHosts::isList("https://a.example"));
}

TEST_CASE("a sender that leads elsewhere is refused, also one that is stored", "[senders]") {
  Fixture f(db::Engine::sqlite);
  SenderInput in = f.input();
  in.baseUrl = "https://evil.example";
  try {
    f.service.create(in, f.actor);
    FAIL("it was taken");
  } catch (const Error& error) {
    REQUIRE(error.details().size() == 1);
    CHECK(error.details()[0].where == "base_url");
  }
  const Sender sender = f.add();
  f.database->write(
      [](db::Transaction& tx) { tx.run("UPDATE senders SET base_url = 'https://evil.example'"); });
  try {
    f.directory.get(sender.id);
    FAIL("it was handed out");
  } catch (const Error& error) {
    CHECK(error.code() == "sender.host");
  }
}
