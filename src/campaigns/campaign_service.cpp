#include "campaigns/campaign_service.h"

#include <nlohmann/json.hpp>

#include "jobs/job_queue.h"
#include "messages/campaign_guard.h"
#include "videos/clip_repository.h"
#include "videos/failure.h"
#include "videos/picture_repository.h"

namespace clipcourier::campaigns {
namespace {

using enum CampaignState;

// Why a profile does not take its video, and the ways out.
[[noreturn]] void cannotBeMade(const videos::Clip& clip) {
  const auto failure = nlohmann::json::parse(clip.failure).get<videos::Failure>();
  std::string hint = failure.hint.en;
  for (const videos::Choice& choice : failure.choices) hint += " Or: " + choice.words.en + '.';
  throw Error(ErrorKind::invalidInput,
              "clip " + std::to_string(clip.id.value) + " cannot be made: " + failure.what.en, hint,
              failure.code);
}

}  // namespace

CampaignService::CampaignService(db::Database& database, const LaunchCheck& check,
                                 const users::AuditLog& audit, jobs::Bell& bell, const Clock& clock,
                                 std::function<void()> wakeDispatcher)
    : db_(database),
      check_(check),
      audit_(audit),
      bell_(bell),
      clock_(clock),
      wakeDispatcher_(std::move(wakeDispatcher)) {}

// A campaign names a clip by its hash and its pictures by their revision: a later conversion of the
// same video, or another poster, does not change what was chosen and checked.
void CampaignService::pinClips(db::Connection& connection, CampaignInput& input) const {
  for (messages::Content& content : input.contents) {
    const auto clip = videos::ClipRepository(connection).find(content.clip);
    if (clip && !clip->failure.empty()) cannotBeMade(*clip);
    if (!clip || clip->sha256.empty())
      throw Error(ErrorKind::invalidInput,
                  "clip " + std::to_string(content.clip.value) + " is not there or not ready",
                  "choose a clip that is ready: GET /api/v1/videos/{id}", "campaign.clip");
    content.clipSha256 = clip->sha256;
    content.pictureRevision =
        videos::PictureRepository(connection).posterRevision(clip->videoId, clip->editVersion);
  }
}

Campaign CampaignService::create(CampaignInput input, const Actor& actor, const Also& also) {
  return db_.write([&](db::Transaction& tx) {
    pinClips(tx, input);
    const CampaignId id = CampaignRepository(tx).add(input, clock_.now());
    audit_.record(tx, actor, "campaign.create", "campaign", id.value, nlohmann::json::object());
    Campaign made = CampaignRepository(tx).get(id);
    if (also) also(tx, made);
    return made;
  });
}

Campaign CampaignService::edit(CampaignId id, std::int64_t version, CampaignInput input,
                               const Actor& actor) {
  return db_.write([&](db::Transaction& tx) {
    const Campaign before = CampaignRepository(tx).get(id);
    if (before.state != draft) throw wrongState(before.state, "edit");
    pinClips(tx, input);
    if (!CampaignRepository(tx).update(id, version, input, clock_.now()))
      throw Error(ErrorKind::conflict, "somebody else changed the campaign meanwhile",
                  "read it again and repeat your change", "campaign.changed");
    audit_.record(tx, actor, "campaign.edit", "campaign", id.value, {{"version", version + 1}});
    return CampaignRepository(tx).get(id);
  });
}

Campaign CampaignService::get(CampaignId id) const {
  return db_.read(
      [&](db::Connection& connection) { return CampaignRepository(connection).get(id); });
}

std::vector<Campaign> CampaignService::list(CampaignId before, int limit) const {
  return db_.read([&](db::Connection& connection) {
    return CampaignRepository(connection).list(before, limit);
  });
}

std::vector<ErrorDetail> CampaignService::launchProblems(CampaignId id) const {
  return check_.problems(get(id));
}

std::vector<LaunchCheck::Warning> CampaignService::launchWarnings(CampaignId id) const {
  return check_.warnings(get(id));
}

Campaign CampaignService::launch(CampaignId id, const Actor& actor, const Also& also) {
  const Campaign campaign = get(id);
  if (campaign.state != draft) throw wrongState(campaign.state, "launch");
  auto problems = check_.problems(campaign);
  if (!problems.empty())
    throw Error(ErrorKind::refused, "the campaign cannot be launched yet",
                "mend what the list of errors names, then launch again", "campaign.not_launchable")
        .with(std::move(problems));
  // The version guards against an edit between the check and this commit.
  const auto begin = [&](db::Transaction& tx) {
    if (CampaignRepository(tx).get(id).version != campaign.version)
      throw Error(ErrorKind::conflict, "the campaign was changed while it was checked",
                  "read it again, then launch", "campaign.changed");
    CampaignRepository(tx).setPause(id, "", "");
    addJob(tx, kLaunchJob, id);
  };
  Campaign launched = step(id, {draft}, launching, "launch", actor, begin, also);
  bell_.ring();
  return launched;
}

Campaign CampaignService::pause(CampaignId id, const std::string& reason, const Actor& actor) {
  return step(id, {running}, paused, "pause", actor, [&](db::Transaction& tx) {
    CampaignRepository(tx).setPause(id, reason, actor.kind + ":" + actor.id);
  });
}

Campaign CampaignService::resume(CampaignId id, const Actor& actor) {
  Campaign resumed = step(id, {paused}, running, "resume", actor, [&](db::Transaction& tx) {
    CampaignRepository(tx).setPause(id, "", "");
    messages::CampaignGuard::forget(tx, id);
  });
  wakeDispatcher_();
  return resumed;
}

Campaign CampaignService::cancel(CampaignId id, const Actor& actor) {
  Campaign ended = step(id, {draft, scheduled, launching, running, paused}, cancelled, "cancel",
                        actor, [&](db::Transaction& tx) { addJob(tx, kCancelJob, id); });
  bell_.ring();
  return ended;
}

int CampaignService::completeExhausted() {
  const auto ids = db_.read(
      [](db::Connection& connection) { return CampaignRepository(connection).exhausted(); });
  int count = 0;
  for (const CampaignId id : ids)
    if (db_.write([&](db::Transaction& tx) { return complete(tx, id); })) ++count;
  return count;
}

// Locked before it is looked at again: a receipt that makes a message wait once more locks it too.
bool CampaignService::complete(db::Transaction& tx, CampaignId id) const {
  CampaignRepository repository(tx);
  repository.lock(id);
  const auto still = repository.exhausted();
  if (std::ranges::find(still, id) == still.end()) return false;
  if (!repository.move(id, {running}, completed, clock_.now())) return false;
  audit_.record(tx, Actor{}, "campaign.complete", "campaign", id.value, nlohmann::json::object());
  return true;
}

Campaign CampaignService::step(CampaignId id, const std::vector<CampaignState>& from,
                               CampaignState to, const char* action, const Actor& actor,
                               const std::function<void(db::Transaction&)>& change,
                               const Also& also) {
  return db_.write([&](db::Transaction& tx) {
    const Campaign before = CampaignRepository(tx).get(id);
    if (!CampaignRepository(tx).move(id, from, to, clock_.now()))
      throw wrongState(before.state, action);
    change(tx);
    audit_.record(tx, actor, std::string("campaign.") + action, "campaign", id.value,
                  nlohmann::json::object());
    Campaign after = CampaignRepository(tx).get(id);
    if (also) also(tx, after);
    return after;
  });
}

void CampaignService::addJob(db::Transaction& tx, const char* kind, CampaignId id) const {
  jobs::NewJob job;
  job.kind = kind;
  job.subjectId = id.value;
  job.dedupeKey = std::to_string(id.value);
  job.maxAttempts = 20;  // the provider's media store may be away for a while
  jobs::JobQueue(tx).add(job, clock_.now());
}

}  // namespace clipcourier::campaigns
