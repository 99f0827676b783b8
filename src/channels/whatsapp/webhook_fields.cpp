// Every field but `messages`: what the provider tells us about people, templates and our account.
#include <algorithm>
#include <string_view>

#include "channels/whatsapp/webhook.h"

namespace clipcourier::channels::whatsapp {

namespace {

// "en-US" and "en_US" are the same template.
std::string templateLanguage(const Json& value) {
  std::string language = text(value, "message_template_language");
  std::replace(language.begin(), language.end(), '-', '_');
  return language;
}

void readPreferences(ChangeEvents& events) {
  for (const Json& json : list(events.value(), "user_preferences")) {
    PreferenceEvent event;
    event.waId = text(json, "wa_id");
    event.userId = text(json, "user_id");
    event.category = text(json, "category");
    event.at = time(member(json, "timestamp"));
    const std::string value = text(json, "value");
    event.stop = value == "stop";
    const bool known = value == "stop" || value == "resume";
    if (!known || (event.waId.empty() && event.userId.empty()))
      events.addUnknown("malformed", json);
    else
      events.add(std::move(event));
  }
}

void readTemplateStatus(ChangeEvents& events) {
  const Json& value = events.value();
  TemplateStatusEvent event;
  event.event = text(value, "event");
  event.templateId = text(value, "message_template_id");
  event.templateName = text(value, "message_template_name");
  event.language = templateLanguage(value);
  event.category = text(value, "message_template_category");
  event.reason = text(value, "reason");
  if (event.reason.empty() || event.reason == "NONE") {
    event.reason = text(member(value, "other_info"), "description");
  }
  if (event.reason.empty()) event.reason = text(member(value, "rejection_info"), "reason");
  // The end of a pause comes under the name of the pause.
  if (text(member(value, "other_info"), "title") == "UNPAUSE") event.event = "APPROVED";
  if (event.event.empty())
    events.addUnknown("malformed", value);
  else
    events.add(std::move(event));
}

void readTemplateQuality(ChangeEvents& events) {
  const Json& value = events.value();
  events.add(TemplateQualityEvent{text(value, "message_template_id"),
                                  text(value, "message_template_name"), templateLanguage(value),
                                  text(value, "previous_quality_score"),
                                  text(value, "new_quality_score")});
}

void readTemplateChange(ChangeEvents& events, const char* what) {
  const Json& value = events.value();
  events.add(TemplateChangedEvent{what, text(value, "message_template_id"),
                                  text(value, "message_template_name"), templateLanguage(value),
                                  text(value, "new_category")});
}

std::string limitOf(const Json& value) {
  std::string limit = text(value, "max_daily_conversations_per_business");
  if (limit.empty()) limit = text(value, "max_daily_conversation_per_phone");
  return limit;
}

void readNumberQuality(ChangeEvents& events) {
  const Json& value = events.value();
  NumberQualityEvent event{text(value, "display_phone_number"), text(value, "event"),
                           limitOf(value)};
  if (event.limit.empty()) event.limit = text(value, "current_limit");
  events.add(std::move(event));
}

bool halts(const Json& value, std::string_view event) {
  if (event == "DISABLED_UPDATE") {
    return text(member(value, "ban_info"), "waba_ban_state") != "REINSTATE";
  }
  return event == "ACCOUNT_RESTRICTION" || event == "ACCOUNT_VIOLATION" ||
         event == "ACCOUNT_DELETED" || event == "ACCOUNT_OFFBOARDED";
}

bool resumes(const Json& value, std::string_view event) {
  if (event == "DISABLED_UPDATE")
    return text(member(value, "ban_info"), "waba_ban_state") == "REINSTATE";
  return event == "ACCOUNT_RECONNECTED" || event == "ACCOUNT_REINSTATED";
}

// When the last of the restrictions ends; the epoch when one of them tells no end.
TimePoint endOfRestrictions(const Json& value) {
  TimePoint end{};
  for (const Json& restriction : list(value, "restriction_info")) {
    const TimePoint one = time(member(restriction, "expiration"));
    if (one == TimePoint{}) return one;
    end = std::max(end, one);
  }
  return end;
}

void readAccount(ChangeEvents& events) {
  const Json& value = events.value();
  AccountEvent event;
  event.field = events.field();
  event.event = text(value, "event");
  if (event.event.empty()) event.event = text(value, "alert_type");
  if (event.event.empty()) event.event = text(value, "decision");
  event.haltsSending = event.field == "account_update" && halts(value, event.event);
  event.resumesSending = event.field == "account_update" && resumes(value, event.event);
  if (event.haltsSending) event.haltsUntil = endOfRestrictions(value);
  events.add(std::move(event));
}

void readUserId(ChangeEvents& events) {
  const auto read = [&](const Json& json) {
    const Json& id = member(json, "user_id");
    UserIdChanged event{text(json, "wa_id"), text(id, "previous"), text(id, "current")};
    if (event.previousUserId.empty() || event.currentUserId.empty()) {
      events.addUnknown("malformed", json);
    } else {
      events.add(std::move(event));
    }
  };
  const Json& several = list(events.value(), "user_id_update");
  if (several.empty()) read(events.value());
  for (const Json& json : several) read(json);
}

}  // namespace

bool readOtherField(ChangeEvents& events, const Json& change) {
  const std::string& field = events.field();
  if (field == "user_preferences") {
    if (list(events.value(), "user_preferences").empty()) events.addUnknown("malformed", change);
    readPreferences(events);
  } else if (field == "message_template_status_update") {
    readTemplateStatus(events);
  } else if (field == "message_template_quality_update") {
    readTemplateQuality(events);
  } else if (field == "template_category_update") {
    readTemplateChange(events, "category");
  } else if (field == "message_template_components_update") {
    readTemplateChange(events, "components");
  } else if (field == "phone_number_quality_update") {
    readNumberQuality(events);
  } else if (field == "business_capability_update") {
    events.add(CapabilityEvent{limitOf(events.value())});
  } else if (field == "user_id_update") {
    readUserId(events);
  } else if (field == "account_update" || field == "account_alerts" ||
             field == "account_review_update" || field == "security" ||
             field == "phone_number_name_update") {
    readAccount(events);
  } else {
    return false;
  }
  return true;
}

}  // namespace clipcourier::channels::whatsapp
