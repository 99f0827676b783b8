#include "http/campaign_report_endpoints.h"

#include "http/message_api.h"
#include "http/openapi.h"
#include "support/catch.h"
#include "tracking/counter_audit.h"

using namespace clipcourier;
using namespace clipcourier::http;
using nlohmann::json;
using users::Scope;

namespace {

const std::string kReport = "/api/v1/campaigns/1/report";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t linesOf(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos; at += 2) ++count;
  return count;
}

}  // namespace

TEST_CASE("the report explains itself in both languages", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 3);
  const auto attempt = api.world.sendOne();
  api.world.answer(attempt, channels::Refused{131026, channels::Reaction::recipient, ""});
  const json report = api.get(kReport);
  CHECK(report["funnel"]["audience"] == 3);
  CHECK(report["funnel"]["failed"] == 1);
  CHECK(report["funnel"]["watched_75"] == 0);
  CHECK(report["anonymous"]["opened"] == 0);
  REQUIRE(report["reasons"]["failed"].size() == 1);
  CHECK(report["reasons"]["failed"][0]["code"] == "131026");
  CHECK(report["reasons"]["failed"][0]["count"] == 1);
  CHECK(report["reasons"]["failed"][0]["text"]["de"] !=
        report["reasons"]["failed"][0]["text"]["en"]);
  CHECK(report["read_within_60_minutes"]["share"].is_null());
  CHECK(report["time_to_read"].back()["within_s"].is_null());
  CHECK(report["counters_verified_at"].is_null());
  const tracking::CounterAudit audit(*api.world.database, api.audit, api.world.clock);
  audit.verify({1});
  CHECK(api.get(kReport)["counters_verified_at"] == toIso(api.world.clock.now()));
  CHECK(api.get(kReport)["counters_right"] == true);
  CHECK(api.ask("GET", "/api/v1/campaigns/9/report").status == 404);
  CHECK(api.ask("GET", "/api/v1/campaigns/9/messages.csv").status == 404);
}

TEST_CASE("the report as a table is for whichever spreadsheet", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 2);
  const RawReply plain = api.ask("GET", kReport + ".csv?lang=en");
  CHECK(plain.status == 200);
  CHECK(plain.header("content-type").starts_with("text/csv"));
  CHECK(has(plain.header("content-disposition"), "campaign-1-report.csv"));
  CHECK(plain.body.starts_with("part,name,label,count,share\r\nfunnel,audience,Audience,2,1.0000"));
  const RawReply german =
      api.ask("GET", kReport + ".csv?part=funnel&bom=true&separator=semicolon&lang=de");
  CHECK(german.body.starts_with("\xEF\xBB\xBFpart;name;label;count;share\r\n"));
  CHECK(has(german.body, "funnel;audience;Empfänger;2;1.0000\r\n"));
  CHECK_FALSE(has(german.body, "time_to_read"));
  CHECK(api.ask("GET", kReport + ".csv?part=secrets").status == 400);
  CHECK(api.ask("GET", kReport + ".csv?separator=tab").status == 400);
}

TEST_CASE("every message is a row, and what strangers wrote is text", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 1203);
  api.world.database->write([](db::Transaction& tx) {
    tx.run("UPDATE customers SET name = '=HYPERLINK(\"http://evil\")' WHERE id = 2");
  });
  const std::string table = api.ask("GET", "/api/v1/campaigns/1/messages.csv").body;
  CHECK(linesOf(table) == 1204);
  CHECK(table.starts_with("message_id,customer_id,external_ref,name,address,"));
  CHECK(
      has(table, "\r\n2,2,,\"'=HYPERLINK(\"\"http://evil\"\")\",'" + api.world.numberOf(2) + ","));
  CHECK(has(table, "\r\n1203,1203,,Jana 1203,"));
  api.world.sendOne();
  const std::string sending = api.ask("GET", "/api/v1/campaigns/1/messages.csv?state=sending").body;
  CHECK(linesOf(sending) == 2);
  CHECK(api.auditActions().front() == "report.export");
}

TEST_CASE("who may not see customers gets pseudonyms", "[http]") {
  MessageApi api(ON_BOTH_ENGINES, 2);
  const std::string some = api.token({Scope::messagesRead, Scope::campaignsRead});
  const std::string table = api.askAs(some, "GET", "/api/v1/campaigns/1/messages.csv").body;
  CHECK(table.starts_with("message_id,person,language,"));
  CHECK(linesOf(table) == 3);
  CHECK_FALSE(has(table, "Jana"));
  CHECK_FALSE(has(table, api.world.numberOf(1).substr(1)));
  CHECK(api.askAs(some, "GET", "/api/v1/campaigns/1/messages.csv").body == table);
  const std::string none = api.token({Scope::videosRead});
  CHECK(api.askAs(none, "GET", "/api/v1/campaigns/1/messages.csv").status == 403);
  CHECK(api.askAs(none, "GET", kReport).status == 403);
  CHECK(api.askAs(none, "GET", kReport + ".csv").status == 403);
}
