#include "campaigns/schedule_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "campaigns/campaign_service.h"
#include "jobs/job_queue.h"
#include "senders/media_ledger.h"

namespace clipcourier::campaigns {
namespace {

using namespace std::chrono_literals;
using enum CampaignState;

constexpr Millis kLookAhead = 15min;
constexpr Millis kFarthest = 366 * 24h;
constexpr auto kMediaMissing = "media_missing";
constexpr Millis kMediaAgain{60'000};  // an upload that was refused is not asked for all the time

// "not_launchable:template.not_approved, clip.missing"
std::string reasonOf(const std::vector<ErrorDetail>& problems) {
  std::string codes;
  for (const ErrorDetail& problem : problems) {
    if (codes.find(problem.code) != std::string::npos) continue;
    codes += (codes.empty() ? "" : ", ") + problem.code;
  }
  return codes.empty() ? "" : "not_launchable:" + codes;
}

}  // namespace

bool ScheduleService::lacksMedia(const Campaign& campaign, TimePoint now) const {
  return parts_.database.read([&](db::Connection& connection) {
    return std::ranges::any_of(campaign.contents, [&](const messages::Content& content) {
      return !senders::MediaLedger::usable(connection, campaign.sender, content.clipSha256, now);
    });
  });
}

void ScheduleService::wantMedia(const Campaign& campaign) const {
  for (const messages::Content& content : campaign.contents)
    parts_.wantMedia(campaign.sender, content.clipSha256);
}

Campaign ScheduleService::schedule(CampaignId id, TimePoint at, const std::string& zone,
                                   const Actor& actor) {
  const TimePoint now = parts_.clock.now();
  if (at <= now)
    throw Error(ErrorKind::invalidInput, "the start lies in the past",
                "Choose a later time, or launch the campaign now.", "schedule.past");
  if (at > now + kFarthest)
    throw Error(ErrorKind::invalidInput, "the start lies more than a year ahead",
                "Choose an earlier time.", "schedule.far");
  const Campaign before = parts_.database.read(
      [&](db::Connection& connection) { return CampaignRepository(connection).get(id); });
  if (before.state != draft && before.state != scheduled)
    throw wrongState(before.state, "schedule");
  if (auto problems = parts_.check.problems(before); !problems.empty())
    throw Error(ErrorKind::refused, "the campaign cannot be launched yet",
                "mend what the list of errors names, then schedule again",
                "campaign.not_launchable")
        .with(std::move(problems));
  Campaign planned = parts_.database.write([&](db::Transaction& tx) {
    CampaignRepository repository(tx);
    // The version guards against an edit between the check and this commit.
    if (repository.get(id).version != before.version)
      throw Error(ErrorKind::conflict, "the campaign was changed while it was checked",
                  "read it again, then schedule", "campaign.changed");
    if (!repository.move(id, {draft, scheduled}, scheduled, now))
      throw wrongState(repository.get(id).state, "schedule");
    repository.setPause(id, "", "");
    repository.setSchedule(id, at, zone);
    parts_.audit.record(tx, actor, "campaign.schedule", "campaign", id.value,
                        {{"at", toIso(at)}, {"time_zone", zone}});
    return repository.get(id);
  });
  wantMedia(planned);
  return planned;
}

Campaign ScheduleService::unschedule(CampaignId id, const Actor& actor) {
  return parts_.database.write([&](db::Transaction& tx) {
    CampaignRepository repository(tx);
    if (!repository.move(id, {scheduled}, draft, parts_.clock.now()))
      throw wrongState(repository.get(id).state, "unschedule");
    repository.setSchedule(id, std::nullopt, "");
    parts_.audit.record(tx, actor, "campaign.unschedule", "campaign", id.value,
                        nlohmann::json::object());
    return repository.get(id);
  });
}

int ScheduleService::runDue() {
  const TimePoint now = parts_.clock.now();
  const auto due = parts_.database.read([&](db::Connection& connection) {
    return CampaignRepository(connection).scheduledBefore(now + kLookAhead);
  });
  int started = 0;
  for (const Campaign& campaign : due) {
    if (*campaign.scheduledAt > now)
      lookAhead(campaign, now);
    else if (startOne(campaign, now))
      ++started;
  }
  if (started > 0) parts_.bell.ring();
  return started;
}

// Once: what it finds stands in the campaign while there is time to mend it. Only for missing media
// it looks again: they come by themselves, or their upload was given up and is asked for anew.
void ScheduleService::lookAhead(const Campaign& campaign, TimePoint now) {
  const auto checked = campaign.scheduleCheckedAt;
  const bool again = checked.has_value();
  if (again && (campaign.scheduleHold != kMediaMissing || now - *checked < kMediaAgain)) return;
  std::string reason = again ? "" : reasonOf(parts_.check.problems(campaign));
  if (lacksMedia(campaign, now)) {
    wantMedia(campaign);
    if (reason.empty()) reason = kMediaMissing;
  }
  hold(campaign, reason, now);
}

bool ScheduleService::startOne(const Campaign& campaign, TimePoint now) {
  if (now - *campaign.scheduledAt > latest_) {
    if (campaign.scheduleHold.empty() || campaign.scheduleHold == kMediaMissing)
      hold(campaign, "schedule_missed", now);
    return false;
  }
  const std::string reason = reasonOf(parts_.check.problems(campaign));
  if (!reason.empty()) {
    hold(campaign, reason, now);
    return false;
  }
  return parts_.database.write([&](db::Transaction& tx) {
    CampaignRepository repository(tx);
    const Campaign still = repository.get(campaign.id);
    // Somebody may have chosen another time, or changed the campaign, since it was checked.
    if (still.version != campaign.version || still.scheduledAt != campaign.scheduledAt)
      return false;
    if (!repository.move(campaign.id, {scheduled}, launching, now)) return false;
    repository.setScheduleHold(campaign.id, "", now);
    jobs::NewJob job;
    job.kind = kLaunchJob;
    job.subjectId = campaign.id.value;
    job.dedupeKey = std::to_string(campaign.id.value);
    job.maxAttempts = 20;  // as for a launch by hand
    jobs::JobQueue(tx).add(job, now);
    parts_.audit.record(tx, Actor{}, "campaign.launch", "campaign", campaign.id.value,
                        {{"scheduled_at", toIso(*campaign.scheduledAt)}});
    return true;
  });
}

void ScheduleService::hold(const Campaign& campaign, const std::string& reason, TimePoint now) {
  if (campaign.scheduleHold == reason && campaign.scheduleCheckedAt && reason != kMediaMissing)
    return;
  parts_.database.write([&](db::Transaction& tx) {
    CampaignRepository(tx).setScheduleHold(campaign.id, reason, now);
  });
}

}  // namespace clipcourier::campaigns
