#pragma once

#include "channels/channel.h"

namespace clipcourier::channels::whatsapp {

// The Cloud API of the WhatsApp Business Platform. Requests fit Meta's OpenAPI file of v23.0;
// answers are judged by their error code, never by the HTTP status alone.
class WhatsAppChannel final : public Channel {
 public:
  std::string_view name() const override { return "whatsapp"; }
  net::HttpRequest request(const Account& account, const OutboundMessage& message) const override;
  net::HttpRequest sessionRequest(const Account& account,
                                  const SessionMessage& message) const override;
  net::HttpRequest markRead(const Account& account,
                            const std::string& providerMessageId) const override;
  SendOutcome outcome(const net::HttpResponse& response) const override;
  std::optional<std::string> answerChallenge(const std::map<std::string, std::string>& query,
                                             const Secret& verifyToken) const override;
  std::string_view signatureHeader() const override { return "x-hub-signature-256"; }
  // `signature` is the value of that header: "sha256=<hex>".
  bool isSigned(std::string_view body, std::string_view signature,
                const Secret& appSecret) const override;
  std::vector<WebhookEvent> parseWebhook(std::string_view body) const override;
  std::unique_ptr<Exchange<std::string>> uploadMedia(Account account,
                                                     MediaFile media) const override;
  std::unique_ptr<Exchange<std::vector<Template>>> listTemplates(Account account) const override;
  std::unique_ptr<Exchange<NumberInfo>> readNumber(Account account) const override;
  const ErrorInfo& errorInfo(int code) const override;
  bool speaksOfMedia(int code, std::string_view text) const override;
};

}  // namespace clipcourier::channels::whatsapp
