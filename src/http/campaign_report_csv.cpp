#include "http/campaign_report_csv.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/crypto.h"
#include "channels/registry.h"
#include "messages/reasons.h"

namespace clipcourier::http {
namespace {

using tracking::CampaignReport;
using tracking::Count;

struct Named {
  std::string_view name, de, en;
};
constexpr Named kWords[] = {
    {"audience", "Empfänger", "Audience"},
    {"queued", "wartet", "Queued"},
    {"held", "zurückgehalten", "Held"},
    {"sending", "wird gesendet", "Sending"},
    {"skipped", "übersprungen", "Skipped"},
    {"accepted", "vom Anbieter angenommen", "Accepted by the provider"},
    {"sent", "gesendet", "Sent"},
    {"delivered", "zugestellt", "Delivered"},
    {"read", "gelesen", "Read"},
    {"opened", "Seite geöffnet", "Page opened"},
    {"played", "Video gestartet", "Video started"},
    {"watched_25", "25 % gesehen", "25 % watched"},
    {"watched_50", "50 % gesehen", "50 % watched"},
    {"watched_75", "75 % gesehen", "75 % watched"},
    {"completed", "bis zum Ende gesehen", "Watched to the end"},
    {"replied", "geantwortet", "Replied"},
    {"tapped", "Taste gedrückt", "Button tapped"},
    {"opted_out", "abgemeldet", "Opted out"},
    {"failed", "fehlgeschlagen", "Failed"},
    {"unknown", "ungeklärt", "Unknown"},
    {"more", "später", "Later"},
};

std::string wordOf(std::string_view name, const std::string& language) {
  for (const Named& word : kWords)
    if (word.name == name) return std::string(language == "de" ? word.de : word.en);
  return std::string(name);
}

std::string in(const Words& words, const std::string& language) {
  return language == "de" ? words.de : words.en;
}

// "0.4167"; a point in every language, as programs that read the table expect.
std::string share(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4f",
                static_cast<double>(part) / static_cast<double>(whole));
  return text.data();
}

std::string timeOf(const std::optional<TimePoint>& time) { return time ? toIso(*time) : ""; }

// One table for all parts: who wants to draw a curve filters by the first column.
class ReportTable {
 public:
  ReportTable(std::string part, std::string language, const CsvFormat& format)
      : part_(std::move(part)), language_(std::move(language)), format_(format) {
    text_ = csvStart(format_) + csvLine({"part", "name", "label", "count", "share"}, format_);
  }
  void add(const std::string& part, const std::string& name, const std::string& label,
           std::int64_t count, std::int64_t whole) {
    if (!part_.empty() && part_ != part) return;
    text_ += csvLine({part, name, label, std::to_string(count), share(count, whole)}, format_);
  }
  const std::string& language() const { return language_; }
  std::string take() { return std::move(text_); }

 private:
  const std::string part_, language_;
  const CsvFormat format_;
  std::string text_;
};

void addFunnel(ReportTable& table, const CampaignReport& report) {
  const std::int64_t audience = report.step("audience");
  for (const Count& one : report.funnel)
    table.add("funnel", one.name, wordOf(one.name, table.language()), one.count, audience);
  const char* suffix = table.language() == "de" ? " (anonym)" : " (anonymous)";
  for (const Count& one : report.anonymous)
    table.add("funnel", one.name + "_anonymous", wordOf(one.name, table.language()) + suffix,
              one.count, 0);
}

void addReasons(ReportTable& table, const CampaignReport& report, const std::string& state,
                const std::vector<Count>& reasons) {
  for (const Count& one : reasons)
    table.add("reasons", state + ":" + one.name,
              wordOf(state, table.language()) + ": " +
                  in(messages::explain(one.name, channels::find(report.channel)), table.language()),
              one.count, report.step(state));
}

void addTimeToRead(ReportTable& table, const CampaignReport& report) {
  for (const tracking::ReadPoint& point : report.timeToRead) {
    const bool german = table.language() == "de";
    const std::string minutes = point.within ? std::to_string(point.within->count() / 60'000) : "";
    table.add("time_to_read", point.within ? std::to_string(point.within->count() / 1000) : "all",
              !point.within ? (german ? "insgesamt gelesen" : "Read at all")
              : german      ? "gelesen binnen " + minutes + " min"
                            : "Read within " + minutes + " min",
              point.count, report.delivered);
  }
}

void addWatchThrough(ReportTable& table, const CampaignReport& report) {
  for (const tracking::WatchPoint& point : report.watchThrough) {
    const std::string percent = std::to_string(point.percent);
    const std::string label = percent + (table.language() == "de" ? " % gesehen" : " % watched");
    table.add("watch_through", percent, label, point.people, report.watchThrough.front().people);
    table.add("watch_through", percent + "_anonymous",
              label + (table.language() == "de" ? " (anonym)" : " (anonymous)"), point.anonymous,
              report.watchThrough.front().anonymous);
  }
}

// Percent of the video by messages.watch_rank; empty when it was not begun.
std::string watchedPercent(int rank) {
  constexpr std::array<const char*, 7> kPercent{"", "", "0", "25", "50", "75", "100"};
  return kPercent[static_cast<std::size_t>(std::clamp(rank, 0, 6))];
}

std::string pseudonym(const tracking::ExportedMessage& message, const std::string& key) {
  const std::string mac = crypto::hmacSha256(key, std::to_string(message.customer.value));
  return crypto::hex(mac.substr(0, 8));
}

}  // namespace

std::string reportCsv(const CampaignReport& report, const std::string& part,
                      const std::string& language, const CsvFormat& format) {
  ReportTable table(part, language, format);
  addFunnel(table, report);
  addReasons(table, report, "held", report.held);
  addReasons(table, report, "skipped", report.skipped);
  addReasons(table, report, "failed", report.failed);
  for (const Count& one : report.taps)
    table.add("taps", one.name, one.name, one.count, report.step("tapped"));
  addTimeToRead(table, report);
  addWatchThrough(table, report);
  return table.take();
}

std::vector<std::string> messageHeader(const MessageColumns& columns) {
  std::vector<std::string> header{"message_id"};
  if (columns.personal)
    header.insert(header.end(), {"customer_id", "external_ref", "name", "address"});
  else
    header.emplace_back("person");
  header.insert(header.end(),
                {"language", "state", "reason_code", "reason", "attempts", "created_at", "state_at",
                 "delivered_at", "read_at", "opened_at", "watched_percent", "replied_at",
                 "tapped_at", "tapped", "opted_out_at"});
  return header;
}

std::vector<std::string> messageCells(const tracking::ExportedMessage& message,
                                      const MessageColumns& columns) {
  std::vector<std::string> cells{std::to_string(message.id.value)};
  if (columns.personal)
    cells.insert(cells.end(), {std::to_string(message.customer.value), message.externalRef,
                               message.customerName, message.address});
  else
    cells.push_back(pseudonym(message, columns.pseudonymKey));
  const std::string reason =
      message.reason.empty()
          ? ""
          : in(messages::explain(message.reason, channels::find(columns.channel)),
               columns.language);
  cells.insert(cells.end(),
               {message.language, std::string(name(message.state)), message.reason, reason,
                std::to_string(message.attempts), toIso(message.createdAt), toIso(message.stateAt),
                timeOf(message.deliveredAt), timeOf(message.readAt), timeOf(message.openedAt),
                watchedPercent(message.watchRank), timeOf(message.repliedAt),
                timeOf(message.tappedAt), message.tapped, timeOf(message.optedOutAt)});
  return cells;
}

}  // namespace clipcourier::http
