#include <fstream>
#include <nlohmann/json.hpp>

#include "customers/fixture.h"
#include "customers/import_jobs.h"
#include "customers/import_repository.h"
#include "http/consent_endpoints.h"
#include "http/customer_endpoints.h"
#include "http/idempotency.h"
#include "http/import_endpoints.h"
#include "http/openapi.h"
#include "http/raw_client.h"
#include "http/test_server.h"
#include "support/catch.h"
#include "support/wait_for.h"

using namespace clipcourier;
using namespace clipcourier::customers;
using nlohmann::json;

namespace {

const std::string kCustomers = "/api/v1/customers";

// The three nouns on a real socket, with a running job.
struct Api : Fixture {
  explicit Api(db::Engine engine = db::Engine::sqlite) : Fixture(engine) { runner.start(); }
  ~Api() { runner.stop(Millis(10'000)); }

  std::vector<http::Route> routes() {
    auto all = customerEndpoints.routes();
    for (auto* more : {&consentRoutes, &importRoutes})
      all.insert(all.end(), more->begin(), more->end());
    return once.guard(std::move(all));
  }
  RawReply ask(const std::string& method, const std::string& path, const std::string& body = {},
               std::vector<std::string> headers = {}) {
    headers.push_back(TestServer::token());
    return call(server.api(), request(method, path, body, headers));
  }
  RawReply send(const std::string& csv, const std::string& query = "",
                const std::string& header = "X-Nothing: 1") {
    return call(server.api(), "POST /api/v1/imports" + query + " HTTP/1.1\r\nHost: x\r\n" +
                                  TestServer::token() + "\r\n" + header +
                                  "\r\nContent-Type: text/csv\r\nContent-Length: " +
                                  std::to_string(csv.size()) + "\r\n\r\n" + csv);
  }
  json finished(const std::string& location) {
    json import;
    REQUIRE(waitFor([&] {
      import = json::parse(ask("GET", location).body);
      return import["state"] == "done" || import["state"] == "failed";
    }));
    return import;
  }
  std::int64_t waitingFiles() {
    const auto files = std::filesystem::directory_iterator(folder.path() / "imports");
    return std::distance(begin(files), end(files));
  }

  TempFolder folder;
  jobs::Bell bell;
  ImportInbox inbox{folder.path() / "imports"};
  ImportService imports{*database, consents, clock};
  ImportJobs importJobs{*database, imports, inbox, audit, clock, bell};
  jobs::JobRunner runner{*database, clock, bell, {importJobs.handler()}};
  ConsentDesk desk{*database, consents, audit, clock};
  http::CustomerEndpoints customerEndpoints{customers};
  http::ConsentEndpoints consentEndpoints{desk};
  http::ImportEndpoints importEndpoints{importJobs, imports, 100_KB};
  std::vector<http::Route> consentRoutes = consentEndpoints.routes();
  std::vector<http::Route> importRoutes = importEndpoints.routes();
  http::IdempotencyKeys once{*database, clock, std::chrono::hours(24)};
  TestServer server{routes()};
};

void checkProblem(const RawReply& reply, int status, const std::string& code) {
  CAPTURE(reply.body);
  CHECK(reply.status == status);
  CHECK(reply.header("Content-Type") == "application/problem+json");
  const json problem = json::parse(reply.body);
  CHECK(problem["code"] == code);
  CHECK_FALSE(problem.value("detail", "").empty());
}

const std::string kAnna =
    R"({"name":"Anna","identities":{"phone":"0170 1234567"},"tags":["VIP"],"locale":"de"})";

}  // namespace

TEST_CASE("a file whose import was never noted goes, one that is needed stays", "[customers]") {
  Api api;
  const std::string lost = api.folder.path() / "imports/lost.csv";
  const std::string needed = api.folder.path() / "imports/needed.csv";
  std::ofstream(lost) << "name,phone\nJana,0171 3920001\n";
  std::ofstream(needed) << "name,phone\nJana,0171 3920001\n";
  Import import;
  import.file = needed;
  api.database->write(
      [&](db::Transaction& tx) { ImportRepository(tx).add(import, api.clock.now()); });
  api.importJobs.removeAbandoned(std::chrono::hours(1));
  CHECK(api.waitingFiles() == 2);
  api.importJobs.removeAbandoned(Millis(0));
  CHECK_FALSE(std::filesystem::exists(lost));
  CHECK(std::filesystem::exists(needed));
}

TEST_CASE("customers are made, found, edited and listed", "[customers]") {
  Api api(GENERATE(values(kBothEngines)));
  const RawReply made = api.ask("POST", kCustomers, kAnna);
  REQUIRE(made.status == 201);
  const std::string one = made.header("Location");
  const json anna = json::parse(made.body);
  CHECK(anna["identities"] == json{{"phone", "+491701234567"}});
  CHECK(anna["tags"] == json{"vip"});
  CHECK(json::parse(api.ask("GET", one).body) == anna);
  const json found = json::parse(
      api.ask("POST", kCustomers + "/search", R"({"by":"whatsapp","value":"491701234567"})").body);
  CHECK(found["items"] == json::array({anna}));

  checkProblem(api.ask("PATCH", one, R"({"name":"B"})"), 428, "request.if_match_missing");
  const RawReply edited =
      api.ask("PATCH", one, R"({"name":null,"attributes":{"city":"Köln"}})", {"If-Match: \"1\""});
  CHECK(edited.status == 200);
  CHECK(edited.header("ETag") == "\"2\"");
  CHECK(json::parse(edited.body)["name"] == "");
  CHECK(json::parse(edited.body)["tags"] == json{"vip"});
  checkProblem(api.ask("PATCH", one, R"({"name":"B"})", {"If-Match: \"1\""}), 409,
               "customer.changed");

  CHECK(api.ask("PUT", one + "/identities/email", R"({"value":"A@B.de"})").status == 200);
  CHECK(api.ask("DELETE", one + "/identities/phone").status == 200);
  CHECK(api.ask("PUT", one + "/tags/neu").status == 200);
  const json now = json::parse(api.ask("DELETE", one + "/tags/VIP").body);
  CHECK(now["identities"] == json{{"email", "a@b.de"}});
  CHECK(now["tags"] == json{"neu"});

  api.ask("POST", kCustomers, R"({"external_ref":"x"})");
  const json page = json::parse(api.ask("GET", kCustomers + "?limit=1").body);
  CHECK(page["items"].size() == 1);
  const json rest = json::parse(
      api.ask("GET", kCustomers + "?cursor=" + page["next_cursor"].get<std::string>()).body);
  CHECK(rest["items"].size() == 1);
  CHECK(rest["next_cursor"].is_null());
  CHECK(json::parse(api.ask("GET", kCustomers + "?tag=neu").body)["items"].size() == 1);
  CHECK(api.count("audit_log") == 7);
}

TEST_CASE("a hostile or mistaken customer is a problem that names each mistake", "[customers]") {
  Api api;
  api.ask("POST", kCustomers, kAnna);
  const RawReply taken = api.ask("POST", kCustomers, kAnna);
  checkProblem(taken, 409, "customer.taken");
  CHECK(json::parse(taken.body)["errors"][0]["what"] == "belongs to customer 1");
  const RawReply bad = api.ask(
      "POST", kCustomers, R"({"identities":{"phone":"12","fax":"1"},"tags":"x","color":"red"})");
  CHECK(bad.status == 400);
  CHECK(json::parse(bad.body)["errors"].size() >= 3);
  for (const char* body :
       {"[]", "{", R"({"name":7})", R"({"identities":[]})", R"({"identities":{"phone":{}}})",
        R"({"attributes":{"a":[1]}})", "{}", R"({"identities":{"email":"a@b"}})"})
    CHECK(api.ask("POST", kCustomers, body).status == 400);
  CHECK(api.ask("GET", kCustomers + "/77").status == 404);
  CHECK(api.ask("PUT", kCustomers + "/1/identities/fax", R"({"value":"1"})").status == 404);
  CHECK(api.ask("PUT", kCustomers + "/1/tags/" + std::string(80, 'x')).status == 400);
  CHECK(api.count("customers") == 1);
  CHECK(api.count("audit_log") == 1);
}

TEST_CASE("a consent is given and withdrawn by API, and its proof can be checked by anyone",
          "[customers]") {
  Api api(GENERATE(values(kBothEngines)));
  const json wording = json::parse(
      api.ask("POST", "/api/v1/consent-wordings",
              R"({"name":"clips","language":"de","purpose":"marketing","channels":["whatsapp"],)"
              R"("tracking":true,"text":"Ja, ich will."})")
          .body);
  CHECK(wording["reference"] == "clips@1/de");
  const std::string one = api.ask("POST", kCustomers, kAnna).header("Location") + "/consents";
  const std::string act = R"("channel":"whatsapp","purpose":"marketing","method":"web_form",)"
                          R"("source":"https://muster.example","evidence":"record 17")";
  const auto record = [&](const std::string& event, const std::string& more) {
    return api.ask("POST", one, "{\"event\":\"" + event + "\"," + act + more + "}");
  };
  const std::string by = R"(,"wording":"clips@1/de")";
  CHECK(json::parse(record("requested", by).body)["state"] == "requested");
  api.clock.advance(Millis(60'000));
  const json given = json::parse(record("given", by).body);
  CHECK(given["state"] == "given");
  CHECK(given["tracking"] == true);
  api.clock.advance(Millis(60'000));
  const json withdrawn =
      json::parse(api.ask("POST", one + "/withdraw",
                          R"({"channel":"*","purpose":"*","method":"phone","source":"hotline"})")
                      .body);
  CHECK(withdrawn["items"].size() == 2);
  checkProblem(record("given", by + R"(,"at":"2020-01-01T00:00:00Z")"), 409, "consent.withdrawn");
  checkProblem(record("given", R"(,"wording":"clips@9")"), 400, "consent.wording_unknown");
  checkProblem(record("given", by + R"(,"at":"gestern")"), 400, "request.bad_fields");

  const json proof = json::parse(api.ask("GET", one).body);
  REQUIRE(proof["ledger"].size() == 4);
  CHECK(proof["next_cursor"].is_null());
  const json first = json::parse(api.ask("GET", one + "?limit=3").body);
  CHECK(first["ledger"].size() == 3);
  const json rest = json::parse(
      api.ask("GET", one + "?limit=3&cursor=" + first["next_cursor"].get<std::string>()).body);
  CHECK(rest["ledger"] == json::array({proof["ledger"][3]}));
  CHECK(rest["current"] == proof["current"]);
  CHECK(rest["next_cursor"].is_null());
  const json& entry = proof["ledger"][1];
  CHECK(entry["fact"]["address"] == "phone:+491701234567");
  CHECK(entry["fact"]["wording"]["name"] == "clips");
  CHECK(entry["payload_hash"] ==
        crypto::hex(crypto::sha256(*crypto::unhex(entry["salt"].get<std::string>()) +
                                   entry["payload"].get<std::string>())));
  CHECK(api.count("audit_log WHERE action LIKE 'consent.%'") == 3);
  CHECK(api.verify().whole());
}

TEST_CASE("a file sent to the API is imported by a job, and its problems can be read by page",
          "[customers]") {
  Api api(GENERATE(values(kBothEngines)));
  const RawReply sent = api.send("phone,name\n0170 1000001,A\nbad,B\nbad,C\n0170 1000002,D\n", "",
                                 "Idempotency-Key: once");
  REQUIRE(sent.status == 202);
  const std::string one = sent.header("Location");
  const json done = api.finished(one);
  CHECK(done["state"] == "done");
  CHECK(done["counts"]["created"] == 2);
  CHECK(done["counts"]["bad_lines"] == 2);
  CHECK(done["problems"]["items"].size() == 2);
  CHECK(done["problems"]["items"][0]["text"]["de"].get<std::string>().size() > 20);
  const json page = json::parse(api.ask("GET", one + "?limit=1").body)["problems"];
  CHECK(page["items"][0]["line"] == 3);
  const json next = json::parse(
      api.ask("GET", one + "?cursor=" + page["next_cursor"].get<std::string>()).body)["problems"];
  CHECK(next["items"][0]["line"] == 4);
  CHECK(waitFor([&] { return api.waitingFiles() == 0; }));

  const RawReply again = api.send("phone,name\n0170 1000001,A\nbad,B\nbad,C\n0170 1000002,D\n", "",
                                  "Idempotency-Key: once");
  CHECK(again.header("Location") == one);
  CHECK(again.body == sent.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
  checkProblem(api.send("phone\n0170 1\n", "", "Idempotency-Key: once"), 422,
               "idempotency.other_request");
  CHECK(api.count("imports") == 1);
  CHECK(api.waitingFiles() == 0);
  const json dry =
      api.finished(api.send("phone\n0170 1000003\n", "?dry_run=true").header("Location"));
  CHECK(dry["counts"]["created"] == 1);
  CHECK(api.count("customers") == 2);
  CHECK(json::parse(api.ask("GET", "/api/v1/imports?limit=1").body)["items"][0]["id"] == dry["id"]);
}

TEST_CASE("a form with a file is imported; one that is cut off leaves nothing", "[customers]") {
  Api api;
  const auto form = [&](const std::string& end, const std::string& name = "file") {
    const std::string body = "--cut\r\nContent-Disposition: form-data; name=\"" + name +
                             "\"; filename=\"k.csv\"\r\n\r\nphone\n0170 1000001\n\r\n" + end;
    return call(api.server.api(), "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\n" +
                                      TestServer::token() +
                                      "\r\nContent-Type: multipart/form-data; boundary=cut\r\n"
                                      "Content-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(form("").status == 400);
  CHECK(
      form("--cut\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--cut--\r\n").status ==
      400);
  checkProblem(form("--cut--\r\n", "data"), 400, "import.bad_form");
  checkProblem(api.send(""), 400, "import.empty");
  checkProblem(api.send("shoe\n1\n"), 400, "import.columns");
  checkProblem(api.send("phone\nM\xfcller\n"), 400, "import.not_utf8");
  CHECK(api.send("phone\n" + std::string(200'000, '1')).status == 413);
  CHECK(api.ask("POST", "/api/v1/imports", "{}").status == 415);
  CHECK(api.count("imports") == 0);
  CHECK(api.count("jobs") == 0);
  CHECK(api.waitingFiles() == 0);
  const json done = api.finished(form("--cut--\r\n").header("Location"));
  CHECK(done["counts"]["created"] == 1);
}

TEST_CASE("the description of customers, consents and imports fits their routes", "[customers]") {
  Api api;
  json document = http::openApiDocument(), paths = json::object();
  for (const auto& route : api.routes()) paths[route.path] = document["paths"][route.path];
  document["paths"] = paths;
  CHECK(http::openApiMismatches(api.routes(), document) == std::vector<std::string>{});
}
