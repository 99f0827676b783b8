#include "tracking/campaign_report.h"

#include <algorithm>

#include "base/error.h"
#include "messages/counters.h"
#include "messages/read_times.h"

namespace clipcourier::tracking {
namespace {

namespace sql {
constexpr auto channel = R"sql(
  SELECT s.channel FROM campaigns c JOIN senders s ON s.id = c.sender_id WHERE c.id = $1)sql";
}  // namespace sql

constexpr Millis kHour{3'600'000};
constexpr int kPercents[] = {0, 25, 50, 75, 100};  // of the steps after "opened"

class Counted {
 public:
  explicit Counted(const std::map<std::string, std::int64_t>& counters) : counters_(counters) {}
  std::int64_t operator[](const std::string& name) const {
    const auto at = counters_.find(name);
    return at == counters_.end() ? 0 : at->second;
  }
  std::int64_t anonymous(std::string_view step) const {
    return (*this)[std::string(step) + std::string(messages::kAnonymous)];
  }
  // "failed:131026" is one of "failed".
  std::vector<Count> parts(const std::string& name) const {
    std::vector<Count> list;
    const std::string prefix = name + ":";
    for (auto at = counters_.lower_bound(prefix);
         at != counters_.end() && at->first.starts_with(prefix); ++at)
      if (at->second != 0) list.push_back({at->first.substr(prefix.size()), at->second});
    std::ranges::stable_sort(list, std::ranges::greater{}, &Count::count);
    return list;
  }

 private:
  const std::map<std::string, std::int64_t>& counters_;
};

std::vector<Count> funnelOf(const Counted& of) {
  const std::int64_t read = of["read"], delivered = read + of["delivered"],
                     sent = delivered + of["sent"], accepted = sent + of["accepted"],
                     sending = of["sending"];
  const std::int64_t audience =
      accepted + sending + of["queued"] + of["held"] + of["skipped"] + of["failed"] + of["unknown"];
  std::vector<Count> funnel{
      {"audience", audience}, {"queued", of["queued"]},   {"held", of["held"]},
      {"sending", sending},   {"skipped", of["skipped"]}, {"accepted", accepted},
      {"sent", sent},         {"delivered", delivered},   {"read", read}};
  for (const std::string_view step : messages::kWatchSteps)
    funnel.push_back({std::string(step), of[std::string(step)]});
  for (const char* name : {"replied", "tapped", "opted_out", "failed", "unknown"})
    funnel.push_back({name, of[name]});
  return funnel;
}

std::vector<ReadPoint> timeToReadOf(const Counted& of) {
  std::vector<ReadPoint> curve;
  std::int64_t soFar = 0;
  for (std::size_t i = 0; i < messages::kReadBuckets.size(); ++i)
    curve.push_back({messages::kReadBuckets[i], soFar += of[messages::readCounter(i)]});
  curve.push_back({std::nullopt, soFar + of[messages::readCounter(messages::kReadBuckets.size())]});
  return curve;
}

}  // namespace

std::int64_t CampaignReport::step(const std::string& name) const {
  const auto at = std::ranges::find(funnel, name, &Count::name);
  return at == funnel.end() ? 0 : at->count;
}

CampaignReport reportOf(const std::map<std::string, std::int64_t>& counters) {
  const Counted of(counters);
  CampaignReport report;
  report.funnel = funnelOf(of);
  report.held = of.parts("held");
  report.skipped = of.parts("skipped");
  report.failed = of.parts("failed");
  report.taps = of.parts("tapped");
  report.timeToRead = timeToReadOf(of);
  report.delivered = report.step("delivered");
  for (const ReadPoint& point : report.timeToRead)
    if (point.within == kHour) report.readWithinHour = point.count;
  for (const std::string_view step : messages::kWatchSteps)
    report.anonymous.push_back({std::string(step), of.anonymous(step)});
  for (std::size_t i = 0; i < std::size(kPercents); ++i) {
    const std::string step(messages::kWatchSteps[i + 1]);
    report.watchThrough.push_back({kPercents[i], of[step], of.anonymous(step)});
  }
  return report;
}

CampaignReport campaignReport(db::Connection& connection, CampaignId id) {
  const auto channel = connection.scalar<std::string>(sql::channel, id);
  if (!channel)
    throw Error(ErrorKind::notFound, "there is no such campaign",
                "list them with GET /api/v1/campaigns", "campaign.not_found");
  CampaignReport report = reportOf(messages::counters(connection, id));
  report.campaign = id;
  report.channel = *channel;
  report.check = CounterAudit::last(connection, id);
  return report;
}

}  // namespace clipcourier::tracking
