#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "channels/channel.h"
#include "http/route.h"
#include "messages/webhook_intake.h"

namespace clipcourier::http {

// A channel whose provider calls us. The functions are called by several threads at once.
struct WebhookSource {
  const channels::Channel* channel = nullptr;
  std::function<std::vector<Secret>()> appSecrets;    // any of them may have signed
  std::function<std::vector<Secret>()> verifyTokens;  // any of them may be asked for
  std::function<void()> stored;                       // a webhook waits to be applied
};
using WebhookSources = std::map<std::string, WebhookSource>;  // by the channel's name

// Where providers tell what became of messages and what people wrote: /webhooks/{channel}.
//
// Only bytes signed with one of the channel's app secrets are taken. They are stored before the
// 200 and applied after it; when they cannot be stored the answer is 503, and the provider repeats.
class WebhookEndpoints {
 public:
  // Borrows its arguments; they must outlive it and its routes.
  WebhookEndpoints(WebhookSources sources, db::Database& database, const Clock& clock);

  std::vector<Route> routes();  // of the listener for webhooks

 private:
  const WebhookSource& sourceOf(const Request& request) const;  // Error(notFound)
  Reply challenge(const Request& request) const;
  Reply receive(Request& request);
  void store(const std::string& channel, const std::string& body);

  const WebhookSources sources_;
  messages::WebhookIntake intake_;
  const Clock& clock_;
};

}  // namespace clipcourier::http
