// Links that were taken back, over real sockets: what the API says, and what phones get from then
// on.
#include "http/link_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/server.h"
#include "http/watch_endpoints.h"
#include "media/folder_store.h"
#include "media/sources.h"
#include "messages/message_fixture.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "tracking/campaign_watch_pages.h"
#include "tracking/link_service.h"
#include "transcoder/report.h"
#include "users/audit_log.h"
#include "users/token_service.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;

namespace {

// Two messages of a campaign that sent clip 1; clip 2 is the film that should have been sent.
struct World : messages::MessageFixture {
  explicit World(db::Engine engine = db::Engine::sqlite) : MessageFixture(engine, 2) {
    database->write([&](db::Transaction& tx) {
      for (const char* title : {"Wrong", "Right"})
        tx.run(R"sql(INSERT INTO videos (title, filename, state, original_sha256, original_bytes,
                     created_at_ms, updated_at_ms) VALUES ($1, 'm.mov', 'ready', 'aa', 9, 0, 0))sql",
               title);
      addClip(tx, 1, "the wrong film");
      addClip(tx, 2, "the right film");
      tx.run(R"sql(INSERT INTO campaign_contents (campaign_id, language, clip_id, clip_sha256,
                   template_name, template_language) VALUES (1, 'de', 1, $1, 'news', 'de'))sql",
             hashOf("the wrong film"));
    });
    sendOne();
    server.start();
  }

  static std::string hashOf(const std::string& film) { return crypto::hex(crypto::sha256(film)); }

  void addClip(db::Transaction& tx, int video, const std::string& film) {
    media::TextSource source(film);
    const auto stored = store.put(source, 1_MB);
    media::TextSource picture("poster of " + film);
    const auto poster = store.put(picture, 1_MB);
    transcoder::Report report;
    report.profile = "whatsapp";
    report.sha256 = stored.sha256;
    report.bytes = stored.size.bytes;
    report.passed = true;
    const std::string text = canonicalBytes(report);
    tx.run(
        R"sql(INSERT INTO clips (video_id, profile, state, sha256, bytes, width, height, duration_ms,
             poster_sha256, poster_bytes, report, report_mac, created_at_ms, ready_at_ms)
           VALUES ($1, 'whatsapp', 'ready', $2, $3, 720, 1280, 9000, $4, $5, $6, $7, 0, 0))sql",
        video, stored.sha256, stored.size.bytes, poster.sha256, poster.size.bytes, text,
        proof.mac(stored.sha256, text));
  }

  RawReply askAs(const std::string& bearer, const std::string& method, const std::string& target,
                 const json& body = {}, const std::string& ifMatch = {}) {
    std::vector<std::string> headers{"Authorization: Bearer " + bearer};
    if (!ifMatch.empty()) headers.push_back("If-Match: " + ifMatch);
    return call(server.port(Port::api),
                request(method, target, body.is_null() ? "" : body.dump(), headers));
  }
  RawReply ask(const std::string& method, const std::string& target, const json& body = {},
               const std::string& ifMatch = {}) {
    return askAs(all, method, target, body, ifMatch);
  }
  RawReply open(int message, const std::string& below = {},
                const std::vector<std::string>& headers = {}) {
    return call(server.port(Port::publicPages),
                request("GET", "/w/" + tokens.make({message}) + below, "", headers));
  }
  std::string token(users::Scopes scopes) {
    return access.create("test", scopes, {}, Actor{"cli", "root", ""}).text.reveal();
  }
  std::vector<users::AuditEntry> audited() {
    std::vector<users::AuditEntry> entries;
    database->read([&](db::Connection& c) {
      for (const auto& entry : users::AuditLog::list(c, 0, 100))
        if (entry.objectType != "token") entries.push_back(entry);
    });
    return entries;
  }
  Routes routes() { return {.api = links.routes(), .webhooks = {}, .publicPages = watch.routes()}; }

  TempFolder folder;
  media::FolderStore store{folder / "media"};
  const videos::ClipProof proof{keys};
  messages::WatchToken tokens{keys};
  users::AuditLog audit{clock};
  users::TokenService access{*database, audit, clock};
  tracking::LinkService service{*database, proof, store, audit, clock};
  tracking::CampaignWatchPages pages{*database, tokens, clock, std::chrono::hours(24 * 90)};
  LinkEndpoints links{service};
  WatchEndpoints watch{pages, store, {"https://clips.example", "https://example.org/imprint", ""}};
  std::string all = token(users::Scopes::all());
  Server server{ServerSettings{}, routes(), access, [](const std::string&) {}};
};

db::Engine anyEngine() { return GENERATE(db::Engine::sqlite, db::Engine::postgresql); }

const std::string kMessage = "/api/v1/messages/1/link/revocation",
                  kCampaign = "/api/v1/campaigns/1/links/revocation",
                  kClip = "/api/v1/clips/1/links/revocation",
                  kPage = "/api/v1/campaigns/1/pages/de";
const json kWhy = {{"reason", "the wrong film"}};

std::string code(const RawReply& reply) { return json::parse(reply.body)["code"]; }

}  // namespace

TEST_CASE("the routes of links are those that are described", "[http]") {
  World world;
  json document = openApiDocument(), paths = json::object();
  for (const Route& route : world.links.routes())
    paths[route.path] = document["paths"].value(route.path, json::object());
  document["paths"] = paths;
  CHECK(openApiMismatches(world.links.routes(), document) == std::vector<std::string>{});
}

TEST_CASE("a revoked link ends with all that lies below it, and its neighbour goes on", "[http]") {
  World world(anyEngine());
  CHECK(world.open(1).status == 200);
  CHECK(world.open(1, "/clip.mp4").body == "the wrong film");
  const std::string etag = world.open(1, "/clip.mp4").header("etag");
  CHECK(world.open(1, "/clip.mp4").header("cache-control") == "private, no-cache");

  CHECK(world.ask("PUT", kMessage, kWhy).status == 200);
  CHECK(world.open(1).status == 410);
  for (const char* below : {"/clip.mp4", "/poster.jpg", "/badge.jpg"}) {
    INFO(below);
    const RawReply gone = world.open(1, below);
    CHECK(gone.status == 410);
    CHECK(code(gone) == "watch.revoked");
  }
  // What a browser has kept must not come to life again.
  CHECK(world.open(1, "/clip.mp4", {"If-None-Match: " + etag}).status == 410);
  CHECK(world.open(1, "/clip.mp4", {"Range: bytes=0-3"}).status == 410);
  CHECK_FALSE(world.pages.record(world.tokens.make({1}), tracking::WatchEvent::opened));
  CHECK(world.open(2).status == 200);

  CHECK(world.ask("DELETE", kMessage, {}, "\"1\"").status == 204);
  CHECK(world.ask("DELETE", kMessage, {}, "\"1\"").status == 204);
  CHECK(world.open(1).status == 200);
  CHECK(code(world.ask("GET", kMessage)) == "link.not_revoked");
}

TEST_CASE("the page of a revoked link is friendly in both languages and needs no script",
          "[http]") {
  World world;
  world.ask("PUT", kMessage, kWhy);
  const RawReply german = world.open(1);
  CHECK(german.body.find("Dieses Video wurde zurückgezogen") != std::string::npos);
  CHECK(german.body.find("https://example.org/imprint") != std::string::npos);
  CHECK(german.body.find("<script") == std::string::npos);
  CHECK(german.body.find("prefers-color-scheme: dark") != std::string::npos);
  CHECK(german.body.find("the wrong film") == std::string::npos);  // the reason is ours
  CHECK(german.header("x-robots-tag") == "noindex, nofollow");
  CHECK(world.open(1, "?lang=en").body.find("This video was withdrawn") != std::string::npos);
}

TEST_CASE("all links of a campaign, or all that show a clip, are revoked in one request",
          "[http]") {
  World world(anyEngine());
  const std::string path = GENERATE(kCampaign, kClip);
  const RawReply made = world.ask("PUT", path, kWhy);
  CHECK(made.status == 200);
  CHECK(json::parse(made.body)["reason"] == "the wrong film");
  CHECK(world.open(1).status == 410);
  CHECK(world.open(2, "/poster.jpg").status == 410);
  CHECK(world.ask("GET", path).body == made.body);
  CHECK(world.ask("DELETE", path, {}, made.header("etag")).status == 204);
  CHECK(world.open(2).status == 200);
}

TEST_CASE("a revocation may be repeated, and changed by who saw it", "[http]") {
  World world(anyEngine());
  const RawReply first = world.ask("PUT", kCampaign, kWhy);
  world.clock.advance(Millis(1'000));
  CHECK(world.ask("PUT", kCampaign, kWhy).body == first.body);
  CHECK(world.audited().size() == 1);
  const json other = {{"reason", "as the customer wishes"}};
  CHECK(code(world.ask("PUT", kCampaign, other)) == "link.version_missing");
  const RawReply changed = world.ask("PUT", kCampaign, other, first.header("etag"));
  CHECK(changed.status == 200);
  CHECK(changed.header("etag") == "\"2\"");
  CHECK(json::parse(changed.body)["from"] == json::parse(first.body)["from"]);
  CHECK(world.ask("PUT", kCampaign, kWhy, first.header("etag")).status == 409);
  const auto entries = world.audited();
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].action == "links.revoke");
  CHECK(entries[0].objectType == "campaign");
  CHECK(entries[0].objectId == "1");
  CHECK(entries[0].actor.kind == "token");
  CHECK(json::parse(entries[0].details)["reason"] == "as the customer wishes");
}

TEST_CASE("links are restored by who saw why they are revoked", "[http]") {
  World world(anyEngine());
  const RawReply first = world.ask("PUT", kCampaign, kWhy);
  CHECK(code(world.ask("DELETE", kCampaign)) == "request.if_match_missing");
  const json other = {{"reason", "a court says so"}};
  const RawReply changed = world.ask("PUT", kCampaign, other, first.header("etag"));
  CHECK(code(world.ask("DELETE", kCampaign, {}, first.header("etag"))) == "link.changed");
  CHECK(world.open(1).status == 410);
  CHECK(world.audited().size() == 2);
  CHECK(world.ask("DELETE", kCampaign, {}, changed.header("etag")).status == 204);
  CHECK(world.open(1).status == 200);
  CHECK(world.audited().at(0).action == "links.restore");
}

TEST_CASE("links can end at a time that is set beforehand", "[http]") {
  World world(anyEngine());
  const TimePoint end = world.clock.now() + std::chrono::hours(1);
  const RawReply set =
      world.ask("PUT", kCampaign, {{"reason", "the offer ends"}, {"from", toIso(end)}});
  REQUIRE(set.status == 200);
  CHECK(world.open(1).status == 200);
  world.clock.advance(std::chrono::hours(1));
  CHECK(world.open(1).status == 410);
  CHECK(world.ask("PUT", kCampaign, {{"reason", "x"}, {"from", "tomorrow"}}).status == 400);
}

TEST_CASE("the page shows the right film instead, and what was sent stays on record", "[http]") {
  World world(anyEngine());
  const json swap = {{"shows", "clip"}, {"clip_id", 2}, {"reason", "the wrong film was sent"}};
  CHECK(world.ask("PUT", kPage, swap).status == 428);
  const RawReply before = world.ask("GET", kPage);
  CHECK(before.header("etag") == "\"0\"");
  CHECK(json::parse(before.body)["shows"] == "sent");
  const RawReply after = world.ask("PUT", kPage, swap, before.header("etag"));
  REQUIRE(after.status == 200);
  const json page = json::parse(after.body);
  CHECK(page["clip_id"] == 2);
  CHECK(page["sent_clip_id"] == 1);
  CHECK(page["sent_clip_sha256"] == World::hashOf("the wrong film"));
  CHECK(world.open(1).body.find("Right") != std::string::npos);
  CHECK(world.open(1, "/clip.mp4").body == "the right film");
  CHECK(world.open(2, "/poster.jpg").body == "poster of the right film");
  CHECK(world.text("SELECT clip_sha256 FROM campaign_contents WHERE campaign_id = $1", 1) ==
        World::hashOf("the wrong film"));

  CHECK(world.ask("PUT", kPage, swap, before.header("etag")).body == after.body);  // repeated
  const json nothing = {{"shows", "nothing"}, {"reason", "neither"}};
  CHECK(world.ask("PUT", kPage, nothing, before.header("etag")).status == 409);
  CHECK(world.ask("PUT", kPage, nothing, after.header("etag")).status == 200);
  CHECK(world.open(1, "/clip.mp4").status == 410);
  const RawReply back =
      world.ask("PUT", kPage, {{"shows", "sent"}, {"reason", "it was right"}}, "\"2\"");
  CHECK(back.header("etag") == "\"3\"");
  CHECK(world.open(1, "/clip.mp4").body == "the wrong film");
  const json pages = json::parse(world.ask("GET", "/api/v1/campaigns/1/pages").body);
  CHECK(pages["items"][0] == json::parse(back.body));
  CHECK(pages.at("next_cursor").is_null());
  const auto entries = world.audited();
  REQUIRE(entries.size() == 3);
  CHECK(entries[2].action == "page.change");
  CHECK(json::parse(entries[2].details)["clip_id"] == 2);
}

TEST_CASE("a page that shows another clip does not end with the one that was sent", "[http]") {
  World world(anyEngine());
  world.ask("PUT", kClip, kWhy);
  CHECK(world.open(1).status == 410);
  const json swap = {{"shows", "clip"}, {"clip_id", 2}, {"reason", "the wrong film was sent"}};
  CHECK(world.ask("PUT", kPage, swap, "\"0\"").status == 200);
  CHECK(world.open(1).status == 200);
  CHECK(world.ask("PUT", "/api/v1/clips/2/links/revocation", kWhy).status == 200);
  CHECK(world.open(1).status == 410);
}

TEST_CASE("only a clip whose proof holds can be shown instead", "[http]") {
  World world;
  json swap = {{"shows", "clip"}, {"clip_id", 2}, {"reason", "r"}};
  const auto change = [&](const std::string& sql) {
    world.database->write([&](db::Transaction& tx) { tx.run(sql); });
  };
  std::string wanted;
  SECTION("report of somebody else") {
    change("UPDATE clips SET report_mac = '00' WHERE id = 2");
    wanted = "clip.bad_mac";
  }
  SECTION("not ready any more") {
    change("UPDATE clips SET state = 'superseded' WHERE id = 2");
    wanted = "page.clip";
  }
  SECTION("bytes that are gone") {
    world.store.remove(World::hashOf("the right film"));
    wanted = "media.not_found";
  }
  SECTION("revoked itself") {
    world.ask("PUT", "/api/v1/clips/2/links/revocation", kWhy);
    wanted = "page.clip_revoked";
  }
  SECTION("no such clip") {
    swap["clip_id"] = 4711;
    wanted = "clip.not_found";
  }
  SECTION("a draft") {
    change("UPDATE campaigns SET state = 'draft'");
    wanted = "campaign.state";
  }
  CHECK(code(world.ask("PUT", kPage, swap, "\"0\"")) == wanted);
  CHECK(world.open(1, "/clip.mp4").body == "the wrong film");
}

TEST_CASE("who may not launch may not take links back, and unknown ones are not found", "[http]") {
  World world;
  const std::string reader =
      world.token({Scope::campaignsRead, Scope::messagesRead, Scope::campaignsWrite});
  for (const std::string& path : {kMessage, kCampaign, kClip}) {
    INFO(path);
    CHECK(world.askAs(reader, "PUT", path, kWhy).status == 403);
    CHECK(world.askAs(reader, "DELETE", path).status == 403);
    CHECK(code(world.askAs(reader, "GET", path)) == "link.not_revoked");
  }
  CHECK(
      world.askAs(reader, "PUT", kPage, {{"shows", "nothing"}, {"reason", "r"}}, "\"0\"").status ==
      403);
  CHECK(world.ask("PUT", "/api/v1/messages/99/link/revocation", kWhy).status == 404);
  CHECK(world.ask("PUT", "/api/v1/campaigns/99/links/revocation", kWhy).status == 404);
  CHECK(world.ask("PUT", "/api/v1/clips/99/links/revocation", kWhy).status == 404);
  CHECK(world.ask("GET", "/api/v1/campaigns/1/pages/fr").status == 404);
  CHECK(world.ask("PUT", kMessage, {{"reason", ""}}).status == 400);
  CHECK(world.audited().empty());
}
