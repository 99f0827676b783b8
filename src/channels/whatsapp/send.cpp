#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "channels/whatsapp/errors.h"
#include "channels/whatsapp/graph.h"
#include "channels/whatsapp/whatsapp_channel.h"

namespace clipcourier::channels::whatsapp {

namespace {

constexpr std::size_t kMaxOpaque = 512, kMaxPayload = 256, kMaxUrl = 2000;

[[noreturn]] void refuse(std::string what, std::string hint) {
  throw Error(ErrorKind::invalidInput, std::move(what), std::move(hint));
}

bool isE164(std::string_view number) {
  return number.size() >= 8 && number.size() <= 16 && number[0] == '+' && number[1] != '0' &&
         std::all_of(number.begin() + 1, number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const char* word(MediaKind kind) {
  switch (kind) {
    case MediaKind::video: return "video";
    case MediaKind::image: return "image";
    case MediaKind::document: return "document";
  }
  return "video";
}

Json headerComponent(const HeaderMedia& header) {
  if (header.mediaId.empty()) refuse("the message has no media id", "Upload the clip first.");
  const char* const kind = word(header.kind);
  return {{"type", "header"},
          {"parameters", Json::array({{{"type", kind}, {kind, {{"id", header.mediaId}}}}})}};
}

Json bodyComponent(const std::vector<BodyParameter>& body) {
  Json parameters = Json::array();
  for (const BodyParameter& value : body) {
    Json parameter = {{"type", "text"}, {"text", cleanParameter(value.text)}};
    if (parameter["text"].get_ref<const std::string&>().empty()) {
      refuse("template parameter " + std::to_string(parameters.size() + 1) + " is empty",
             "Give the template's variables a fallback.");
    }
    if (!value.name.empty()) parameter["parameter_name"] = value.name;
    parameters.push_back(std::move(parameter));
  }
  return {{"type", "body"}, {"parameters", std::move(parameters)}};
}

Json buttonComponent(const ButtonValue& button) {
  const bool url = button.kind == ButtonValue::Kind::urlSuffix;
  if (button.index < 0 || button.index > 9) refuse("a template has buttons 0 to 9", "");
  if (button.value.empty() || button.value.size() > (url ? kMaxUrl : kMaxPayload)) {
    refuse("the value of button " + std::to_string(button.index) + " is empty or too long", "");
  }
  const Json parameter = url ? Json{{"type", "text"}, {"text", percentEncode(button.value)}}
                             : Json{{"type", "payload"}, {"payload", button.value}};
  return {{"type", "button"},
          {"sub_type", url ? "url" : "quick_reply"},
          {"index", std::to_string(button.index)},
          {"parameters", Json::array({parameter})}};
}

Json templateObject(const OutboundMessage& message) {
  Json components = Json::array();
  if (message.header) components.push_back(headerComponent(*message.header));
  if (!message.body.empty()) components.push_back(bodyComponent(message.body));
  for (const ButtonValue& button : message.buttons) components.push_back(buttonComponent(button));
  Json object = {{"name", message.templateName},
                 {"language", {{"code", message.language}, {"policy", "deterministic"}}}};
  if (!components.empty()) object["components"] = std::move(components);
  return object;
}

void checkAddress(const OutboundMessage& message) {
  if (message.to.empty() && message.recipient.empty()) {
    refuse("the message has no recipient", "The customer needs a phone number or a WhatsApp id.");
  }
  if (!message.to.empty() && !isE164(message.to)) {
    refuse("the recipient's number is not in E.164 form", "It begins with + and the country code.");
  }
  if (message.templateName.empty() || message.language.empty()) {
    refuse("the message names no template or no language", "Choose an approved template.");
  }
  if (message.opaque.size() > kMaxOpaque) refuse("the opaque text is longer than 512 bytes", "");
}

std::optional<Accepted> accepted(const Json& body) {
  const Json& messages = list(body, "messages");
  if (messages.empty()) return std::nullopt;
  Accepted out;
  out.providerMessageId = text(messages[0], "id");
  if (out.providerMessageId.empty()) return std::nullopt;
  const std::string status = text(messages[0], "message_status");
  out.heldForQuality = status == "held_for_quality_assessment" || status == "paused";
  if (const Json& contacts = list(body, "contacts"); !contacts.empty()) {
    out.waId = text(contacts[0], "wa_id");
    out.userId = text(contacts[0], "user_id");
  }
  return out;
}

SendOutcome refusal(const GraphError& error) {
  if (!error.info->temporary) return Refused{error.code, error.info->reaction, error.reason};
  return TryLater{error.after,          error.code,   error.info->reaction,
                  error.info->maxTries, error.reason, error.asked};
}

}  // namespace

net::HttpRequest WhatsAppChannel::request(const Account& account,
                                          const OutboundMessage& message) const {
  checkAddress(message);
  Json body = {{"messaging_product", "whatsapp"},
               {"recipient_type", "individual"},
               {"type", "template"},
               {"template", templateObject(message)}};
  if (!message.to.empty())
    body["to"] = message.to;
  else
    body["recipient"] = message.recipient;
  if (!message.opaque.empty()) body["biz_opaque_callback_data"] = message.opaque;
  net::HttpRequest request =
      graphRequest(account, "POST", graphUrl(account, {account.numberId, "messages"}));
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = dump(body);
  return request;
}

SendOutcome WhatsAppChannel::outcome(const net::HttpResponse& response) const {
  if (response.notSent()) {
    return TryLater{std::chrono::seconds(5),
                    0,
                    Reaction::retry,
                    0,
                    "not sent: " + response.failure->reason,
                    {}};
  }
  if (!response.complete()) return Unknown{"the answer was lost: " + response.failure->reason};
  const Json body = parseJson(response.body);
  if (auto good = accepted(body); good && response.status < 300) return *std::move(good);
  if (const auto error = graphError(response, body)) return refusal(*error);
  const Unreadable other = unreadable(response);
  if (!other.surelyRefused) return Unknown{other.reason};
  return TryLater{other.after, 0, Reaction::retry, 3, other.reason, other.asked};
}

// An id that is unknown or has expired is just a wrong parameter (100, 131009) to the provider.
bool WhatsAppChannel::speaksOfMedia(int code, std::string_view text) const {
  if (code == 131052 || code == 131053) return true;
  return (code == 100 || code == 131009) && text::lower(text).find("media") != std::string::npos;
}

const ErrorInfo& WhatsAppChannel::errorInfo(int code) const { return whatsapp::errorInfo(code); }

}  // namespace clipcourier::channels::whatsapp
