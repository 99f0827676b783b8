#include "http/webhook_endpoints.h"

#include <algorithm>

#include "http/http_error.h"

namespace clipcourier::http {
namespace {

// Meta sends at most 3 MB at once.
constexpr ByteSize kMaxBody = 3_MB;
constexpr const char* kChallengeQuery[] = {"hub.mode", "hub.challenge", "hub.verify_token"};

// Says no more than that: whoever guesses learns nothing about secrets and senders.
[[noreturn]] void notOurs(const char* what, const char* hint) {
  throw Error(ErrorKind::forbidden, what, hint, "webhook.not_verified");
}

bool isSigned(const WebhookSource& source, std::string_view body, std::string_view signature) {
  const auto secrets = source.appSecrets();
  return std::any_of(secrets.begin(), secrets.end(), [&](const Secret& secret) {
    return source.channel->isSigned(body, signature, secret);
  });
}

}  // namespace

WebhookEndpoints::WebhookEndpoints(WebhookSources sources, db::Database& database,
                                   const Clock& clock)
    : sources_(std::move(sources)), intake_(database), clock_(clock) {}

std::vector<Route> WebhookEndpoints::routes() {
  const RouteOptions asked{.query = {std::begin(kChallengeQuery), std::end(kChallengeQuery)},
                           .anyQuery = true};
  const RouteOptions told{.takes = Takes::body, .maxBody = kMaxBody, .anyQuery = true};
  return {
      {Method::get, "/webhooks/{channel}", kOpen, [this](Request& r) { return challenge(r); },
       asked},
      {Method::post, "/webhooks/{channel}", kOpen, [this](Request& r) { return receive(r); }, told},
  };
}

const WebhookSource& WebhookEndpoints::sourceOf(const Request& request) const {
  const auto found = sources_.find(request.pathText("channel"));
  if (found == sources_.end()) {
    throw Error(ErrorKind::notFound, "there is no such channel",
                "Check the webhook's address at the provider.", "webhook.unknown_channel");
  }
  return found->second;
}

Reply WebhookEndpoints::challenge(const Request& request) const {
  const WebhookSource& source = sourceOf(request);
  std::map<std::string, std::string> query;
  for (const char* name : kChallengeQuery)
    if (auto value = request.query(name)) query[name] = *std::move(value);
  for (const Secret& token : source.verifyTokens()) {
    if (auto answer = source.channel->answerChallenge(query, token))
      return bytes(*std::move(answer), "text/plain; charset=utf-8");
  }
  notOurs("the webhook's address could not be verified",
          "Give the provider the verify token of one of the channel's senders.");
}

Reply WebhookEndpoints::receive(Request& request) {
  const WebhookSource& source = sourceOf(request);
  constexpr auto refusal = "the signature is missing or not right";
  constexpr auto hint = "Sign the exact bytes of the body with the app secret of a sender.";
  const auto signature = request.header(source.channel->signatureHeader());
  if (!signature) notOurs(refusal, hint);  // before three megabytes are read for nothing
  const std::string body = request.body().readAll(kMaxBody);
  if (!isSigned(source, body, *signature)) notOurs(refusal, hint);
  store(request.pathText("channel"), body);
  source.stored();
  return bytes("", "text/plain; charset=utf-8");
}

void WebhookEndpoints::store(const std::string& channel, const std::string& body) {
  try {
    intake_.store(channel, body, clock_.now());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::invalidInput) throw;
    throw HttpError(503, std::string("the webhook could not be stored: ") + error.what(),
                    "Send it again later.", "webhook.not_stored", {{"Retry-After", "10"}});
  }
}

}  // namespace clipcourier::http
