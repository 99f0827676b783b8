#include "http/server.h"

#include <unistd.h>

#include "http/listener.h"

namespace clipcourier::http {

void logToStderr(const std::string& line) {
  const std::string whole = line + '\n';  // one write, so that lines of several threads do not mix
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, whole.data(), whole.size());
}

TlsFiles tlsOf(const ServerSettings& all, const ListenerSettings& listener) {
  if (listener.tls.certificate == kNoTls) return {};
  return listener.tls.given() ? listener.tls : all.tls;
}

namespace {

ServerSettings withTls(ServerSettings settings) {
  for (auto* listener : {&settings.api, &settings.webhooks, &settings.publicPages})
    listener->tls = tlsOf(settings, *listener);
  return settings;
}

}  // namespace

struct Server::Impl {
  Impl(ServerSettings s, Routes routes, const users::Authenticator& authenticator, LogSink log,
       RequestObserver observe)
      : settings(withTls(std::move(s))),
        sinks{std::move(log), std::move(observe)},
        api("api", settings.api, Router(std::move(routes.api), &authenticator), sinks),
        webhooks("webhooks", settings.webhooks, Router(std::move(routes.webhooks)), sinks),
        publicPages("public", settings.publicPages, Router(std::move(routes.publicPages)), sinks) {}

  ServerSettings settings;
  RequestSinks sinks;
  Listener api, webhooks, publicPages;
};

Server::Server(ServerSettings settings, Routes routes, const users::Authenticator& authenticator,
               LogSink log, RequestObserver observe)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(routes), authenticator,
                                   std::move(log), std::move(observe))) {}

Server::~Server() { stop(); }

void Server::start() {
  impl_->api.start();
  impl_->webhooks.start();
  impl_->publicPages.start();
}

void Server::stop() {
  std::thread webhooks([this] { impl_->webhooks.stop(impl_->settings.stopTimeout); });
  std::thread publicPages([this] { impl_->publicPages.stop(impl_->settings.stopTimeout); });
  impl_->api.stop(impl_->settings.stopTimeout);
  webhooks.join();
  publicPages.join();
}

void Server::reloadCertificates(bool always) {
  for (Listener* listener : {&impl_->api, &impl_->webhooks, &impl_->publicPages})
    listener->reloadCertificate(always);
}

int Server::port(Port which) const {
  switch (which) {
    case Port::api: return impl_->api.port();
    case Port::webhooks: return impl_->webhooks.port();
    case Port::publicPages: return impl_->publicPages.port();
  }
  return 0;
}

}  // namespace clipcourier::http
