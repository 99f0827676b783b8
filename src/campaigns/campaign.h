#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "messages/content.h"

namespace clipcourier::campaigns {

// draft → launching → running ⇄ paused → completed or cancelled. pending_approval and scheduled lie
// between draft and launching.
enum class CampaignState {
  draft,
  pendingApproval,
  scheduled,
  launching,
  running,
  paused,
  completed,
  cancelled
};
std::string_view name(CampaignState state);
CampaignState campaignState(std::string_view name);  // Error(internal) for a name we never wrote
// That a step is not for campaigns in this state.
Error wrongState(CampaignState state, const std::string& action);

// Who gets it: everybody who consented, or those of them who have one of the tags.
struct Audience {
  std::vector<std::string> tags;  // empty: everybody
};
// {"all": true} or {"tags": ["vip", "berlin"]}; throws Error(invalidInput).
Audience parseAudience(const nlohmann::json& json);
nlohmann::json toJson(const Audience& audience);

// What a person enters.
struct CampaignInput {
  std::string name;
  SenderId sender;
  std::string purpose = "marketing";
  Audience audience;
  // For customers whose language has no content; empty: their messages wait until it has one.
  std::string fallbackLanguage = "de";
  std::vector<messages::Content> contents;  // clipSha256 is filled in from the clip
};

struct Campaign : CampaignInput {
  CampaignId id;
  CampaignState state = CampaignState::draft;
  std::string pauseReason, pausedBy;  // of a paused one, or of a draft whose launch failed
  TimePoint createdAt, updatedAt;
  std::optional<TimePoint> launchedAt, finishedAt;
  std::optional<TimePoint> scheduledAt;  // of a scheduled one, and afterwards
  std::string scheduleZone;              // in which it was chosen; for people
  std::optional<TimePoint> scheduleCheckedAt;
  std::string scheduleHold;  // why it did not start, or would not go out: a code of reasons.h
  std::int64_t version = 1;  // rises with each edit
};

}  // namespace clipcourier::campaigns
