#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "channels/exchange.h"
#include "channels/reaction.h"
#include "channels/session_message.h"
#include "channels/template.h"
#include "channels/webhook_event.h"
#include "net/http_message.h"

namespace clipcourier::channels {

// How we reach the provider as one of our senders.
struct Account {
  std::string baseUrl;     // "https://graph.facebook.com"
  std::string apiVersion;  // "v23.0"; empty: none in the URL
  std::string numberId;    // WhatsApp: phone number id
  std::string businessId;  // WhatsApp: business account (WABA) id
  Secret token;
};

enum class MediaKind { video, image, document };

struct HeaderMedia {
  MediaKind kind = MediaKind::video;
  std::string mediaId;
};

struct BodyParameter {
  std::string name;  // empty in a template whose parameters are counted: {{1}}, {{2}}
  std::string text;  // any text; white space is made acceptable when the request is built
};

// A button of the template that needs a value. `index` counts all buttons of the template from 0.
struct ButtonValue {
  enum class Kind {
    urlSuffix,   // appended to the template's URL: the watch token
    quickReply,  // comes back when it is tapped: stopPayload()
  };
  Kind kind = Kind::urlSuffix;
  int index = 0;
  std::string value;
};

// One approved template for one person.
struct OutboundMessage {
  std::string to;         // "+491701234567"; may be empty when `recipient` is there
  std::string recipient;  // business-scoped user id; used only when `to` is empty
  std::string templateName;
  std::string language;  // as the template has it: "de", "en_US"
  std::optional<HeaderMedia> header;
  std::vector<BodyParameter> body;
  std::vector<ButtonValue> buttons;
  std::string opaque;  // comes back in every status; at most 512 bytes, no personal data
};

struct Accepted {
  std::string providerMessageId;
  std::string waId;             // may differ from the number written to; empty for user ids
  std::string userId;           // business-scoped user id, when the provider names it
  bool heldForQuality = false;  // accepted, but sent only if the template stays well liked
};
// Surely not accepted; may be sent again, not before `after`: the caller adds its own growth and
// jitter. What this very answer asked for (`asked`) stands above both. `reaction` says how far the
// wait reaches.
struct TryLater {
  Millis after{0};
  int code = 0;  // the provider's; 0 without one
  Reaction reaction = Reaction::retry;
  int maxTries = 0;  // give up after so many; 0: the caller's own limit
  std::string reason;
  Millis asked{0};  // 0: the answer named no time
};
struct Refused {  // surely not accepted, and never will be
  int code = 0;
  Reaction reaction = Reaction::fix;
  std::string reason;
};
struct Unknown {  // the answer is missing or unreadable: it may have been accepted
  std::string reason;
};
using SendOutcome = std::variant<Accepted, TryLater, Refused, Unknown>;

struct MediaFile {
  net::FileSource bytes;
  std::string mimeType;  // "video/mp4"
  std::string fileName;  // "clip.mp4"
  std::string sha256;    // hexadecimal; what the provider must have received
};

// What the provider says about our number. Texts are its own words; empty when not told.
struct NumberInfo {
  std::string id, displayNumber, verifiedName, qualityRating, nameStatus, codeVerification;
  std::string throughput;      // "STANDARD", "HIGH"
  std::string messagingLimit;  // "TIER_250" ... "TIER_UNLIMITED"
};

// How to speak to one provider. Pure and without state: no database, no clock, no socket, so all
// of it is tested as data. Safe to use from any number of threads.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual std::string_view name() const = 0;  // "whatsapp"

  // Throws Error(invalidInput) for a message that can never be right (no recipient, no template).
  virtual net::HttpRequest request(const Account& account,
                                   const OutboundMessage& message) const = 0;
  // The same for a message without a template; outcome() reads the answer to either.
  virtual net::HttpRequest sessionRequest(const Account& account,
                                          const SessionMessage& message) const = 0;
  // Shows the person that we have read a message of theirs. `providerMessageId` is its id.
  virtual net::HttpRequest markRead(const Account& account,
                                    const std::string& providerMessageId) const = 0;
  virtual SendOutcome outcome(const net::HttpResponse& response) const = 0;

  // The text to answer a verification request with; none when its token is not ours. `query` holds
  // decoded names and values ("hub.mode", "hub.challenge", "hub.verify_token").
  virtual std::optional<std::string> answerChallenge(
      const std::map<std::string, std::string>& query, const Secret& verifyToken) const = 0;
  // The request header that carries the signature of a webhook, in lower case.
  virtual std::string_view signatureHeader() const = 0;
  // True when the raw bytes carry the provider's signature made with this secret.
  virtual bool isSigned(std::string_view body, std::string_view signature,
                        const Secret& appSecret) const = 0;
  // Events in the order they stand there. Throws Error(invalidInput) only when the whole is not the
  // provider's JSON; a part it cannot read becomes an UnknownEvent.
  virtual std::vector<WebhookEvent> parseWebhook(std::string_view body) const = 0;

  // Exchanges: run them with senders::runExchange or step by step.
  // Ends with the media id, once the provider has confirmed size and hash of what it received.
  virtual std::unique_ptr<Exchange<std::string>> uploadMedia(Account account,
                                                             MediaFile media) const = 0;
  virtual std::unique_ptr<Exchange<std::vector<Template>>> listTemplates(Account account) const = 0;
  virtual std::unique_ptr<Exchange<NumberInfo>> readNumber(Account account) const = 0;

  // What an error code means, from an answer or from a failed receipt; every code has an entry.
  virtual const ErrorInfo& errorInfo(int code) const = 0;
  // Whether the error is about the file that was sent by its id. `text` is what the provider said.
  virtual bool speaksOfMedia(int code, std::string_view text) const = 0;
};

}  // namespace clipcourier::channels
