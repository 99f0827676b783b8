#include "senders/sender_service.h"

#include <fstream>

#include "base/error.h"
#include "senders_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::senders;

TEST_CASE("a sender comes back as it was entered, and its making is on record", "[senders]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const Sender made = f.add();
  const Sender read = f.service.get(made.id);
  CHECK(static_cast<const SenderInput&>(read) == f.input());
  CHECK(read.version == 1);
  CHECK(read.createdAt == f.clock.now());
  CHECK(f.audited() == std::vector<std::string>{"sender.create"});
  CHECK_THROWS_AS(f.add(), Error);  // the same number twice
}

TEST_CASE("an edit needs the version it was made from", "[senders]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const Sender made = f.add();
  SenderInput in = f.input();
  in.messagesPerSecond = 20;
  CHECK(f.directory.get(made.id)->sender.messagesPerSecond == 80);
  CHECK(f.service.edit(made.id, 1, in, f.actor).version == 2);
  CHECK(f.directory.get(made.id)->sender.messagesPerSecond == 20);
  in.name = "Other";
  CHECK_THROWS_AS(f.service.edit(made.id, 1, in, f.actor), Error);
  CHECK(f.service.get(made.id).name == "Haupt");
  CHECK_THROWS_AS(f.service.edit({99}, 1, in, f.actor), Error);
  CHECK(f.audited().back() == "sender.edit");
}

TEST_CASE("every mistake of a sender is named at once", "[senders]") {
  Fixture f(db::Engine::sqlite);
  SenderInput in = f.input();
  in.name = " ";
  in.externalId = "12a";
  in.accountId = "";
  in.baseUrl = "file:///etc/passwd";
  in.apiVersion = "latest/../x";
  in.messagesPerSecond = 0;
  in.tokenSource = "env:PATH";
  in.appSecretSource = "file:/etc/passwd";
  in.verifyTokenSource = "secret123";
  try {
    f.service.create(in, f.actor);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalidInput);
    CHECK(error.details().size() == 9);
  }
  CHECK(f.audited().empty());
}

TEST_CASE("secrets are read only from the places made for them", "[senders]") {
  const TempFolder folder;
  const SecretSources secrets(folder.path().string());
  std::ofstream(folder / "token.txt") << "  abc123\n";
  std::ofstream(folder / "two") << "abc\ndef\n";
  std::ofstream(folder / "empty") << " \n";
  ::setenv("CLIPCOURIER_SENDER_X", "fromEnv", 1);
  CHECK(secrets.read("file:token.txt").reveal() == "abc123");
  CHECK(secrets.read("file:" + folder / "token.txt").reveal() == "abc123");
  CHECK(secrets.read("env:CLIPCOURIER_SENDER_X").reveal() == "fromEnv");
  for (const char* source : {"env:HOME", "env:CLIPCOURIER_KEY", "env:CLIPCOURIER_SENDER_",
                             "env:CLIPCOURIER_SENDER_x", "abc", "", "file:", "file:../token.txt",
                             "file:/etc/passwd", "file:.hidden", "file:a/b", "http:x"}) {
    INFO(source);
    CHECK_THROWS_AS(secrets.read(source), Error);
    CHECK_THROWS_AS(secrets.check(source), Error);
  }
  for (const char* source :
       {"file:none", "file:two", "file:empty", "env:CLIPCOURIER_SENDER_NONE"}) {
    INFO(source);
    CHECK_NOTHROW(secrets.check(source));
    try {
      secrets.read(source);
      FAIL("read");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::unavailable);
      CHECK(std::string(error.what()).find("abc") == std::string::npos);
    }
  }
  CHECK_THROWS_AS(SecretSources("").read("file:etc"), Error);
}

TEST_CASE("the directory hands out senders that can send", "[senders]") {
  Fixture f(GENERATE(values(kBothEngines)));
  const Sender made = f.add();
  const auto ready = f.directory.get(made.id);
  CHECK(ready->account.token.reveal() == "t0ken");
  CHECK(ready->account.numberId == "1055");
  CHECK(ready->channel->name() == "whatsapp");
  CHECK(f.directory.get(made.id) == ready);  // kept
  REQUIRE(f.directory.appSecrets("whatsapp").size() == 1);
  CHECK(f.directory.appSecrets("whatsapp")[0].reveal() == "app-secret");
  CHECK(f.directory.appSecrets("telegram").empty());

  SenderInput in = f.input();
  in.state = SenderState::disabled;
  f.service.edit(made.id, 1, in, f.actor);
  CHECK_THROWS_AS(f.directory.get(made.id), Error);
  CHECK(f.directory.appSecrets("whatsapp").size() == 1);  // its receipts still come
  in.state = SenderState::active;
  in.tokenSource = "env:CLIPCOURIER_SENDER_NOT_SET";
  f.service.edit(made.id, 2, in, f.actor);
  CHECK_THROWS_AS(f.directory.get(made.id), Error);
  CHECK_THROWS_AS(f.directory.get({99}), Error);
}

TEST_CASE("a check says what is wrong with a sender and what to do", "[senders]") {
  Fixture f(db::Engine::sqlite, [](const ResponderRequest& request) {
    if (request.header("Authorization") != "Bearer t0ken") return graphError(190, 401);
    if (request.target.starts_with("/v23.0/1055?")) {
      return json(
          {{"id", "1055"}, {"display_phone_number", "+49 30 123456"}, {"quality_rating", "GREEN"}});
    }
    return json(
        {{"data", {{{"id", "1"}, {"name", "clip"}, {"language", "de"}, {"status", "APPROVED"}}}}});
  });
  const Sender made = f.add();
  SenderCheck check(*f.database, *f.http, f.secrets);
  for (const CheckFinding& finding : check.run(made)) {
    INFO(finding.code << finding.what);
    CHECK(finding.ok);
  }
  CHECK(f.service.get(made.id).displayAddress == "+49 30 123456");
  CHECK(f.service.get(made.id).details.find("GREEN") != std::string::npos);
  CHECK(f.service.get(made.id).version == 1);

  ::setenv("CLIPCOURIER_SENDER_TEST_TOKEN", "revoked", 1);
  const auto findings = check.run(made);
  REQUIRE(findings.size() == 5);
  CHECK_FALSE(findings[3].ok);
  CHECK(findings[3].hint.find("new token") != std::string::npos);
  Sender unknown = made;
  unknown.tokenSource = "env:CLIPCOURIER_SENDER_NOT_SET";
  CHECK_FALSE(check.run(unknown)[0].ok);
  Sender away = made;
  away.baseUrl = "http://provider.invalid";
  CHECK_FALSE(check.run(away).back().ok);
}
