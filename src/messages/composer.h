#pragma once

#include <map>
#include <string>
#include <variant>

#include "channels/channel.h"
#include "messages/content.h"

namespace clipcourier::messages {

// The part of a customer that a message may speak of.
struct Recipient {
  std::string name, externalRef;
  std::map<std::string, std::string> attributes;
};

// `attributes` is a JSON object of texts, as it is stored; what is none counts as empty.
Recipient recipientOf(const std::string& name, const std::string& externalRef,
                      const std::string& attributes);

// The text of one variable for one customer; empty when there is neither a value nor a fallback.
std::string resolve(const VariableSource& source, const Recipient& recipient);

struct MissingVariable {
  std::string name;
};

// Fills the template for one customer: video header by media id, body parameters, the watch token
// as suffix of a URL button, and our opt-out payload on every quick reply whose label asks to stop.
// Pure.
std::variant<channels::OutboundMessage, MissingVariable> compose(
    const Content& content, const channels::Template& of, const Recipient& recipient,
    const std::string& mediaId, const std::string& watchToken, CampaignId campaign);

}  // namespace clipcourier::messages
