#include "http/campaign_report_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/campaign_report_csv.h"
#include "http/campaign_report_json.h"
#include "http/language.h"

namespace clipcourier::http {
namespace {

const std::string kOne = "/api/v1/campaigns/{id}";

CsvFormat formatOf(const Request& request) {
  CsvFormat format;
  format.bom = request.queryFlag("bom");
  if (request.queryOneOf("separator", {"comma", "semicolon"}).value_or("comma") == "semicolon")
    format.separator = ';';
  return format;
}

std::string languageOf(const Request& request) {
  if (const auto asked = request.queryOneOf("lang", {"de", "en"})) return *asked;
  return acceptedLanguage(request).value_or("en");
}

Reply asDownload(Reply reply, const std::string& kind, CampaignId id) {
  return std::move(reply)
      .with("Content-Disposition",
            "attachment; filename=\"campaign-" + std::to_string(id.value) + "-" + kind + ".csv\"")
      .with("Vary", "Accept-Language");
}

const std::string kCsv = "text/csv; charset=utf-8; header=present";

}  // namespace

std::vector<Route> CampaignReportEndpoints::routes() {
  const RouteOptions table{.query = {"part", "bom", "separator", "lang"}};
  const RouteOptions rows{.query = {"state", "bom", "separator", "lang"}};
  return {
      {Method::get, kOne + "/report", Scope::campaignsRead,
       [this](Request& r) { return report(r); }},
      {Method::get, kOne + "/report.csv", Scope::campaignsRead,
       [this](Request& r) { return reportTable(r); }, table},
      {Method::get, kOne + "/messages.csv", Scope::messagesRead,
       [this](Request& r) { return messageTable(r); }, rows},
  };
}

Reply CampaignReportEndpoints::report(Request& request) const {
  return ok(toJson(database_.snapshot([&](db::Connection& connection) {
    return tracking::campaignReport(connection, request.id<CampaignId>());
  })));
}

Reply CampaignReportEndpoints::reportTable(Request& request) const {
  const auto id = request.id<CampaignId>();
  const std::string part =
      request.queryOneOf("part", {"funnel", "reasons", "taps", "time_to_read", "watch_through"})
          .value_or("");
  const CsvFormat format = formatOf(request);
  const auto report = database_.snapshot(
      [&](db::Connection& connection) { return tracking::campaignReport(connection, id); });
  const std::string table = reportCsv(report, part, languageOf(request), format);
  database_.write([&](db::Transaction& tx) {
    audit_.record(tx, request.actor(), "report.export", "campaign", id.value,
                  {{"table", "report"}, {"part", part}});
  });
  return asDownload(bytes(table, kCsv), part.empty() ? "report" : part, id);
}

Reply CampaignReportEndpoints::messageTable(Request& request) const {
  const auto id = request.id<CampaignId>();
  std::optional<messages::MessageState> state;
  if (const auto asked =
          request.queryOneOf("state", {"queued", "held", "sending", "unknown", "accepted", "sent",
                                       "failed", "delivered", "read", "skipped"}))
    state = messages::messageState(*asked);
  const CsvFormat format = formatOf(request);
  MessageColumns columns;
  columns.personal = request.scopes().has(Scope::customersRead);
  columns.pseudonymKey = pseudonymKey_;
  columns.language = languageOf(request);
  columns.channel = database_.read(
      [&](db::Connection& connection) { return tracking::campaignReport(connection, id).channel; });
  database_.write([&](db::Transaction& tx) {
    audit_.record(tx, request.actor(), "report.export", "campaign", id.value,
                  {{"table", "messages"},
                   {"state", state ? std::string(name(*state)) : ""},
                   {"personal", columns.personal}});
  });
  const auto write = [this, id, state, format, columns](StreamWriter& writer) {
    tracking::MessageExport rows(database_, id, state);
    writer.write(csvStart(format) + csvLine(messageHeader(columns), format));
    for (auto page = rows.next(); !page.empty(); page = rows.next()) {
      if (writer.stopping())
        throw Error(ErrorKind::unavailable, "the service stops in the middle of an export");
      std::string lines;
      for (const auto& message : page) lines += csvLine(messageCells(message, columns), format);
      writer.write(lines);
    }
  };
  return asDownload(stream(kCsv, write), "messages", id);
}

}  // namespace clipcourier::http
