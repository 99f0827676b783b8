#include "http/campaign_report_json.h"

#include <nlohmann/json.hpp>

#include "channels/registry.h"
#include "messages/reasons.h"

namespace clipcourier::http {
namespace {

using nlohmann::json;
using tracking::CampaignReport;
using tracking::Count;

json shareOrNull(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? json(static_cast<double>(part) / static_cast<double>(whole)) : json();
}

json byName(const std::vector<Count>& counts) {
  json object = json::object();
  for (const Count& one : counts) object[one.name] = one.count;
  return object;
}

json reasons(const std::vector<Count>& counts, const std::string& channel) {
  json list = json::array();
  for (const Count& one : counts)
    list.push_back({{"code", one.name},
                    {"text", messages::explain(one.name, channels::find(channel))},
                    {"count", one.count}});
  return list;
}

json timeToRead(const CampaignReport& report) {
  json curve = json::array();
  for (const tracking::ReadPoint& point : report.timeToRead)
    curve.push_back({{"within_s", point.within ? json(point.within->count() / 1000) : json()},
                     {"count", point.count},
                     {"share", shareOrNull(point.count, report.delivered)}});
  return curve;
}

json watchThrough(const CampaignReport& report) {
  json curve = json::array();
  for (const tracking::WatchPoint& point : report.watchThrough) {
    const tracking::WatchPoint& start = report.watchThrough.front();
    curve.push_back({{"percent", point.percent},
                     {"people", point.people},
                     {"people_share", shareOrNull(point.people, start.people)},
                     {"anonymous", point.anonymous},
                     {"anonymous_share", shareOrNull(point.anonymous, start.anonymous)}});
  }
  return curve;
}

json taps(const std::vector<Count>& counts) {
  json list = json::array();
  for (const Count& one : counts) list.push_back({{"payload", one.name}, {"count", one.count}});
  return list;
}

}  // namespace

json toJson(const CampaignReport& report) {
  const bool different =
      report.check && !report.check->repairedAt && !report.check->differences.empty();
  return {{"campaign_id", report.campaign.value},
          {"funnel", byName(report.funnel)},
          {"anonymous", byName(report.anonymous)},
          {"reasons",
           {{"held", reasons(report.held, report.channel)},
            {"skipped", reasons(report.skipped, report.channel)},
            {"failed", reasons(report.failed, report.channel)}}},
          {"taps", taps(report.taps)},
          {"read_within_60_minutes",
           {{"count", report.readWithinHour},
            {"of_delivered", report.delivered},
            {"share", shareOrNull(report.readWithinHour, report.delivered)}}},
          {"time_to_read", timeToRead(report)},
          {"watch_through", watchThrough(report)},
          {"counters_verified_at", report.check ? json(toIso(report.check->at)) : json()},
          {"counters_right", report.check ? json(!different) : json()}};
}

}  // namespace clipcourier::http
