#include "messages/counter_truth.h"

#include "messages/counters.h"
#include "messages/read_times.h"

namespace clipcourier::messages {
namespace {

// All that is counted falls into a few groups, so one pass tells everything.
constexpr std::string_view kGroups = R"sql(
  SELECT state, coalesce(reason, ''), watch_rank, replied, tapped, opted_out, bucket, count(*)
  FROM (
    SELECT state,
      CASE WHEN state IN ('held', 'failed', 'skipped') THEN reason END AS reason, watch_rank,
      CASE WHEN replied_at_ms IS NULL THEN 0 ELSE 1 END AS replied,
      CASE WHEN tapped_at_ms IS NULL THEN NULL ELSE coalesce(tapped, '') END AS tapped,
      CASE WHEN opted_out_at_ms IS NULL THEN 0 ELSE 1 END AS opted_out,
      {bucket} AS bucket
    FROM messages WHERE campaign_id = $1) m
  GROUP BY state, reason, watch_rank, replied, tapped, opted_out, bucket)sql";

// The number of the bucket, as readCounter() has them; NULL for what was not read.
std::string bucketSql() {
  const std::string took = "read_at_ms - coalesce(delivered_at_ms, read_at_ms)";
  std::string sql = "CASE WHEN read_at_ms IS NULL THEN NULL";
  for (std::size_t i = 0; i < kReadBuckets.size(); ++i)
    sql += " WHEN " + took + " <= " + std::to_string(kReadBuckets[i].count()) + " THEN " +
           std::to_string(i);
  return sql + " ELSE " + std::to_string(kReadBuckets.size()) + " END";
}

const std::string& groupsSql() {
  static const std::string sql = [] {
    std::string text(kGroups);
    const std::string_view mark = "{bucket}";
    return text.replace(text.find(mark), mark.size(), bucketSql());
  }();
  return sql;
}

}  // namespace

CounterTruth counterTruth(db::Connection& connection, CampaignId campaign) {
  using Text = std::string;
  CounterTruth truth;
  auto& counters = truth.counters;
  for (auto& [state, reason, rank, replied, tapped, optedOut, bucket, count] :
       connection
           .query<Text, Text, int, int, std::optional<Text>, int, std::optional<int>, std::int64_t>(
               groupsSql(), campaign)) {
    truth.messages += count;
    counters[state] += count;
    const Text why = reasonCounter({*messageState(state), reason});
    if (!why.empty()) counters[why] += count;
    for (std::size_t step = 0; step < kWatchSteps.size() && static_cast<int>(step) < rank; ++step)
      counters[Text(kWatchSteps[step])] += count;
    if (replied) counters["replied"] += count;
    if (tapped) {
      counters["tapped"] += count;
      counters["tapped:" + *tapped] += count;
    }
    if (optedOut) counters["opted_out"] += count;
    if (bucket) counters[readCounter(static_cast<std::size_t>(*bucket))] += count;
  }
  return truth;
}

}  // namespace clipcourier::messages
