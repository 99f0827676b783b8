#include "messages/queue_overview.h"

#include "messages/counters.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto campaigns = R"sql(
  SELECT c.id, c.name, c.state, s.channel, c.sender_id, s.state, c.pause_reason,
    (SELECT min(m.due_at_ms) FROM messages m
     WHERE m.campaign_id = c.id AND m.state IN ('queued', 'held'))
  FROM campaigns c JOIN senders s ON s.id = c.sender_id
  WHERE c.state IN ('launching', 'running', 'paused') ORDER BY c.sender_id, c.id)sql";

constexpr auto contents = R"sql(
  SELECT k.language, k.template_name, k.template_language, t.status, t.missing_since_ms
  FROM campaign_contents k LEFT JOIN templates t ON t.sender_id = $1 AND t.name = k.template_name
    AND t.language = k.template_language
  WHERE k.campaign_id = $2 ORDER BY k.language)sql";

constexpr auto senders = R"sql(
  SELECT s.id, s.name, s.channel, s.state, s.messages_per_second, r.per_second, r.changed_at_ms,
    r.since_ms, r.code,
    (SELECT count(*) FROM attempts a
     WHERE a.sender_id = s.id AND a.state IN ('sending', 'unknown') AND a.state = 'sending'),
    (SELECT count(*) FROM attempts a
     WHERE a.sender_id = s.id AND a.state IN ('sending', 'unknown') AND a.state = 'unknown')
  FROM senders s LEFT JOIN sender_rates r ON r.sender_id = s.id ORDER BY s.id)sql";
}  // namespace sql

bool reaches(const Hold& hold, const CampaignQueue& queue) {
  if (hold.scope == "everything") return true;
  if (hold.scope == "channel") return hold.key == queue.channel;
  if (hold.scope == "sender") return hold.key == std::to_string(queue.sender.value);
  return hold.scope == "campaign" && hold.key == std::to_string(queue.campaign.value);
}

// A template that is held or not approved stops one language of a campaign.
void addTemplateWaits(db::Connection& connection, const std::vector<Hold>& holds,
                      CampaignQueue& queue) {
  for (auto& [language, name, templateLanguage, status, missing] :
       connection.query<std::string, std::string, std::string, std::optional<std::string>,
                        std::optional<TimePoint>>(sql::contents, queue.sender, queue.campaign)) {
    if (status && (*status != "APPROVED" || missing))
      queue.waits.push_back({"template", "template_not_approved", {}, language});
    const std::string key = templateKey(queue.sender, name, templateLanguage);
    for (const Hold& hold : holds)
      if (hold.scope == "template" && hold.key == key)
        queue.waits.push_back({"template", hold.reason, hold.until, language});
  }
}

}  // namespace

std::vector<CampaignQueue> campaignQueues(db::Connection& connection,
                                          const std::vector<Hold>& holds,
                                          const std::map<CampaignId, std::string>& supplies) {
  std::vector<CampaignQueue> queues;
  for (auto& [id, name, state, channel, sender, senderState, pauseReason, due] :
       connection.query<CampaignId, std::string, std::string, std::string, SenderId, std::string,
                        std::string, std::optional<TimePoint>>(sql::campaigns)) {
    CampaignQueue queue{id, name, state, channel, sender, counters(connection, id), {}, due};
    if (state == "launching") queue.waits.push_back({"campaign", "launching", {}});
    if (state == "paused")
      queue.waits.push_back({"campaign", pauseReason.empty() ? "paused" : pauseReason, {}});
    if (senderState != "active") queue.waits.push_back({"sender", "sender_disabled", {}});
    for (const Hold& hold : holds)
      if (reaches(hold, queue)) queue.waits.push_back({hold.scope, hold.reason, hold.until});
    // What the dispatcher found last stays true only while it still looks.
    if (const auto found = supplies.find(id); found != supplies.end() && queue.waits.empty())
      queue.waits.push_back({"supplies", found->second, {}});
    addTemplateWaits(connection, holds, queue);
    queues.push_back(std::move(queue));
  }
  return queues;
}

std::vector<SenderQueue> senderQueues(db::Connection& connection, TimePoint now) {
  std::vector<SenderQueue> queues;
  for (auto& [id, name, channel, state, perSecond, limited, changed, since, code, inFlight,
              unknown] :
       connection.query<SenderId, std::string, std::string, std::string, int, std::optional<double>,
                        TimePoint, TimePoint, std::string, std::int64_t, std::int64_t>(
           sql::senders)) {
    std::optional<SenderRate> rate;
    if (limited) rate = SenderRate{*limited, changed, since, code};
    queues.push_back({id, name, channel, state == "active", perSecond, inFlight, unknown,
                      limitOf(rate, perSecond, now)});
  }
  return queues;
}

}  // namespace clipcourier::messages
