#include "senders/template_sync.h"

#include "base/error.h"
#include "senders_fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::senders;

namespace {

nlohmann::json listed(const std::string& name, const std::string& status = "APPROVED") {
  return {{"id", "id-" + name},
          {"name", name},
          {"language", "de"},
          {"status", status},
          {"category", "MARKETING"},
          {"parameter_format", "NAMED"},
          {"components",
           {{{"type", "HEADER"}, {"format", "VIDEO"}},
            {{"type", "BODY"}, {"text", "Hallo {{first_name}}, hier."}},
            {{"type", "BUTTONS"},
             {"buttons", {{{"type", "URL"}, {"text", "Ansehen"}, {"url", "https://w/{{1}}"}}}}}}}};
}

ResponderReply page(const std::vector<nlohmann::json>& templates) {
  return json({{"data", templates}, {"paging", {{"cursors", {{"after", "z"}}}}}});
}

ResponderReply broken(const char* body, bool silent) {
  ResponderReply reply;
  reply.status = 503;
  reply.body = body;
  reply.silent = silent;
  reply.end = ResponderReply::End::reset;
  return reply;
}

}  // namespace

TEST_CASE("templates become rows, page by page, and come back whole", "[senders]") {
  Fixture f(GENERATE(values(kBothEngines)), [](const ResponderRequest& request) {
    nlohmann::json data = nlohmann::json::array();
    const bool second = request.target.find("&after=") != std::string::npos;
    for (int i = 0; i < 100; ++i) data.push_back(listed((second ? "b" : "a") + std::to_string(i)));
    nlohmann::json body = {{"data", data}, {"paging", {{"cursors", {{"after", "next"}}}}}};
    if (!second) body["paging"]["next"] = "http://elsewhere.invalid/";
    return json(body);
  });
  const SenderId id = f.add().id;
  const auto result = f.sync.run(id, f.actor);
  CHECK(result.added == 200);
  f.database->read([&](db::Connection& c) {
    TemplateRepository templates(c);
    CHECK(templates.ofSender(id).size() == 200);
    const auto one = templates.find(id, "a7", "de");
    REQUIRE(one);
    CHECK(one->usable());
    CHECK(one->what.headerFormat == "VIDEO");
    CHECK(one->what.namedParameters);
    CHECK(one->what.bodyParameters() == std::vector<std::string>{"first_name"});
    REQUIRE(one->what.buttons.size() == 1);
    CHECK(one->what.buttons[0].needsUrlSuffix());
    CHECK_FALSE(templates.find(id, "a7", "en"));
  });
  CHECK(f.audited().back() == "sender.sync_templates");
}

TEST_CASE("a later sync counts what changed and marks what is gone", "[senders]") {
  Fixture f(GENERATE(values(kBothEngines)), [](const ResponderRequest&) {
    return page({listed("x"), listed("y"), listed("z")});
  });
  const SenderId id = f.add().id;
  CHECK(f.sync.run(id, f.actor).added == 3);
  f.clock.advance(Millis(1000));
  f.provider([](const ResponderRequest&) { return page({listed("x"), listed("y", "PAUSED")}); });
  const auto later = f.sync.run(id, f.actor);
  CHECK(later.unchanged == 1);
  CHECK(later.changed == 1);
  CHECK(later.missing == 1);
  const auto find = [&](const char* name) {
    return *f.database->read(
        [&](db::Connection& c) { return TemplateRepository(c).find(id, name, "de"); });
  };
  CHECK(find("x").usable());
  CHECK_FALSE(find("y").usable());
  CHECK_FALSE(find("z").usable());
  CHECK(find("z").missingSince == f.clock.now());
  f.clock.advance(Millis(1000));
  CHECK(f.sync.run(id, f.actor).missing == 0);  // said once
  f.provider([](const ResponderRequest&) { return page({listed("z")}); });
  f.clock.advance(Millis(1000));
  CHECK(f.sync.run(id, f.actor).changed == 1);
  CHECK(find("z").usable());
}

TEST_CASE("a webhook may change a template's status before the next sync", "[senders]") {
  Fixture f(GENERATE(values(kBothEngines)),
            [](const ResponderRequest&) { return page({listed("x")}); });
  const SenderId id = f.add().id;
  f.sync.run(id, f.actor);
  f.database->write([&](db::Transaction& tx) {
    TemplateRepository templates(tx);
    auto found = templates.ofAccount("whatsapp", "2066", "x", "de", "");
    REQUIRE(found.size() == 1);
    found.front().what.status = "PAUSED";
    templates.change(found.front());
    CHECK(templates.ofAccount("whatsapp", "2066", "none", "de", "").empty());
    CHECK(templates.ofAccount("whatsapp", "9", "x", "de", "").empty());
  });
  CHECK_FALSE(
      f.database->read([&](db::Connection& c) { return TemplateRepository(c).find(id, "x", "de"); })
          ->usable());
}

TEST_CASE("a sync that fails changes nothing and says whether to try again", "[senders]") {
  Fixture f(GENERATE(values(kBothEngines)),
            [](const ResponderRequest&) { return page({listed("x")}); });
  const SenderId id = f.add().id;
  f.sync.run(id, f.actor);
  const std::vector<std::pair<ResponderReply, ErrorKind>> cases = {
      {graphError(190, 401), ErrorKind::unavailable},
      {graphError(100), ErrorKind::refused},
      {broken("<html>", false), ErrorKind::unavailable},
      {broken("", true), ErrorKind::unavailable},
      {json({{"data", "text"}}), ErrorKind::unavailable}};
  for (const auto& [reply, kind] : cases) {
    f.provider([reply = reply](const ResponderRequest&) { return reply; });
    f.clock.advance(Millis(1000));
    try {
      f.sync.run(id, f.actor);
      FAIL("synced");
    } catch (const Error& error) {
      CHECK(error.kind() == kind);
      CHECK_FALSE(error.hint().empty());
    }
  }
  CHECK(
      f.database->read([&](db::Connection& c) { return TemplateRepository(c).find(id, "x", "de"); })
          ->usable());
}
