#include "messages/composer.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "channels/opt_out.h"

namespace clipcourier::messages {
namespace {

// The given name as people write it: what stands before the first space.
std::string firstName(const std::string& name) {
  const std::string trimmed = text::trim(name);
  return trimmed.substr(0, trimmed.find(' '));
}

std::string fieldOf(const std::string& field, const Recipient& recipient) {
  if (field == "name") return recipient.name;
  if (field == "first_name") return firstName(recipient.name);
  if (field == "external_ref") return recipient.externalRef;
  const auto at = recipient.attributes.find(field.substr(std::string_view("attr.").size()));
  return at == recipient.attributes.end() ? "" : at->second;
}

std::optional<channels::HeaderMedia> header(const channels::Template& of,
                                            const std::string& mediaId) {
  if (of.headerFormat != "VIDEO") return std::nullopt;
  return channels::HeaderMedia{channels::MediaKind::video, mediaId};
}

std::vector<channels::ButtonValue> buttons(const channels::Template& of,
                                           const std::string& watchToken, CampaignId campaign) {
  using Kind = channels::ButtonValue::Kind;
  std::vector<channels::ButtonValue> values;
  for (int i = 0; i < static_cast<int>(of.buttons.size()); ++i) {
    const channels::TemplateButton& button = of.buttons[static_cast<std::size_t>(i)];
    if (button.needsUrlSuffix())
      values.push_back({Kind::urlSuffix, i, watchToken});
    else if (button.type == "QUICK_REPLY" && channels::isOptOut(button.text))
      values.push_back({Kind::quickReply, i, channels::stopPayload(campaign.value)});
  }
  return values;
}

}  // namespace

Recipient recipientOf(const std::string& name, const std::string& externalRef,
                      const std::string& attributes) {
  Recipient result{name, externalRef, {}};
  const auto json = nlohmann::json::parse(attributes, nullptr, false);
  if (json.is_object())
    for (const auto& [key, value] : json.items())
      if (value.is_string()) result.attributes[key] = value.get<std::string>();
  return result;
}

std::string resolve(const VariableSource& source, const Recipient& recipient) {
  if (source.field.empty()) return channels::cleanParameter(source.text);
  const std::string value = channels::cleanParameter(fieldOf(source.field, recipient));
  return value.empty() ? channels::cleanParameter(source.fallback) : value;
}

std::variant<channels::OutboundMessage, MissingVariable> compose(
    const Content& content, const channels::Template& of, const Recipient& recipient,
    const std::string& mediaId, const std::string& watchToken, CampaignId campaign) {
  channels::OutboundMessage message;
  message.templateName = of.name;
  message.language = of.language;
  message.header = header(of, mediaId);
  for (const std::string& name : of.bodyParameters()) {
    const auto source = content.variables.find(name);
    const std::string value =
        source == content.variables.end() ? "" : resolve(source->second, recipient);
    if (value.empty()) return MissingVariable{name};
    message.body.push_back({of.namedParameters ? name : "", value});
  }
  message.buttons = buttons(of, watchToken, campaign);
  return message;
}

}  // namespace clipcourier::messages
