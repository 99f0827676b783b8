#include "service.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "composition.h"
#include "endpoints.h"
#include "housekeeping.h"
#include "http/server.h"
#include "jobs/job_runner.h"
#include "log.h"
#include "service_key.h"
#include "ticker.h"

namespace clipcourier {
namespace {

constexpr Millis kCompleteEvery{1'000}, kSettleEvery{5'000}, kProbeEvery{5'000},
    kRenewEvery{60'000}, kVerifyEvery{300'000}, kTemplatesEvery{15'000}, kScheduleEvery{5'000};
constexpr Millis kDecideEvery{60'000}, kAlertEvery{15'000}, kCollectEvery{1'000},
    kCertificatesEvery{10'000};
constexpr Millis kTidyEvery{3'600'000};  // also the age at which a file without import is abandoned
constexpr int kProbeThreads = 2;    // a probe is quick; one long one must not hold up the others
constexpr int kPictureThreads = 2;  // beside the clips: somebody waits for the poster
constexpr Millis kJobsStop{3'000};  // transcoders end at once when they are told
constexpr Millis kExchangesStop{1'000};
constexpr Millis kSendsStop{5'000};  // a provider answers within; later answers are unknown

jobs::RunnerSettings runnerSettings(metrics::Instruments& instruments) {
  jobs::RunnerSettings settings;
  settings.owner = composition::nodeName();
  settings.log = [](const std::string& what) { log::warning("job.failed", {{"what", what}}); };
  settings.observe = [&instruments](const std::string& kind, bool succeeded, auto took) {
    instruments.jobs.observe({{"kind", kind}, {"outcome", succeeded ? "done" : "failed"}}, took);
  };
  return settings;
}

http::RequestObserver requestObserver(metrics::Instruments& instruments) {
  return [&instruments](const http::RequestSample& sample) {
    const metrics::Labels where = {{"listener", std::string(sample.listener)},
                                   {"route", std::string(sample.route)}};
    instruments.responseBytes.add(where, static_cast<double>(sample.bytes));
    if (sample.streamed) return instruments.streams.add(where);
    metrics::Labels labels = where;
    labels.emplace_back("status", std::to_string(sample.status / 100) + "xx");
    instruments.requests.observe(labels, sample.took);
  };
}

messages::UnknownPolicy unknownPolicy(const Settings& settings) {
  const std::string& name = settings.dispatch.unknownPolicy;
  return name == "resend"    ? messages::UnknownPolicy::resend
         : name == "give_up" ? messages::UnknownPolicy::giveUp
                             : messages::UnknownPolicy::keep;
}

}  // namespace

struct Service::Parts {
  Parts(Settings settings, std::optional<Millis> aliveEvery, std::function<void()> alive)
      : base(std::move(settings)),
        videos(base),
        customers(base),
        senders(base),
        receipts(base, customers),
        campaigns(base, videos, senders, receipts),
        endpoints(base, videos, customers, senders, receipts, campaigns),
        jobs(base.database, base.clock, base.bell, jobHandlers(), runnerSettings(base.instruments)),
        ticker(chores(aliveEvery, std::move(alive))),
        errands(
            {{"send session messages", kCompleteEvery, [this] { campaigns.sessions.runOnce(); }},
             {"ask whether refused tokens work again", kProbeEvery,
              [this] { campaigns.probe.runDue(); }}}),
        housekeeping(videos.uploads, videos.cleaner),
        housekeeper(housekeeping.chores()),
        server(base.settings.http, endpoints.routes(), base.tokens, log::line,
               requestObserver(base.instruments)) {}

  std::vector<jobs::Handler> jobHandlers() {
    std::vector<jobs::Handler> handlers;
    handlers.push_back(videos.probe.handler(kProbeThreads));
    handlers.push_back(videos.transcode.clipsHandler(base.settings.transcoder.processes));
    handlers.push_back(videos.transcode.picturesHandler(kPictureThreads));
    handlers.push_back(customers.importJobs.handler());
    handlers.push_back(senders.mediaJobs.handler());
    handlers.push_back(senders.templateJobs.handler());
    handlers.push_back(campaigns.launch.handler());
    handlers.push_back(campaigns.resolutions.handler());
    handlers.push_back(campaigns::cancelHandler(base.clock));
    handlers.push_back(receipts.counterJob.handler());
    return handlers;
  }

  std::vector<Ticker::Chore> chores(std::optional<Millis> aliveEvery, std::function<void()> alive) {
    std::vector<Ticker::Chore> chores = {
        {"complete campaigns", kCompleteEvery, [this] { campaigns.service.completeExhausted(); }},
        {"settle interrupted sends", kSettleEvery, [this] { campaigns.dispatcher.settle(); }},
        {"verify counters", kVerifyEvery, [this] { receipts.counterJob.addWhenDue(); }},
        {"decide about unknown messages", kDecideEvery,
         [this] { campaigns.resolutions.apply(unknownPolicy(base.settings)); }},
        {"look for what operations must know", kAlertEvery, [this] { campaigns.alerts.check(); }},
        {"renew media ids", kRenewEvery, [this] { senders.mediaJobs.renewDue(); }},
        {"start scheduled campaigns", kScheduleEvery, [this] { campaigns.schedules.runDue(); }},
        {"release languages", kTemplatesEvery,
         [this] {
           if (campaigns::releaseLanguages(base.database, base.clock) > 0)
             campaigns.dispatcher.wake();
         }},
        {"read templates", kTemplatesEvery, [this] { senders.templateJobs.addDue(); }},
        {"remove old webhooks", kTidyEvery, [this] { pruneWebhooks(); }},
        {"remove abandoned imports", kTidyEvery,
         [this] { customers.importJobs.removeAbandoned(kTidyEvery); }},
        {"collect events", kCollectEvery, [this] { endpoints.feed.collect(); }},
        {"forget old events", kTidyEvery, [this] { endpoints.feed.prune(); }},
        {"forget idempotency keys", kTidyEvery, [this] { endpoints.once.prune(); }},
        {"look at certificates", kCertificatesEvery, [this] { server.reloadCertificates(false); }}};
    if (aliveEvery)
      chores.push_back({"prove that it lives", *aliveEvery, [this, alive = std::move(alive)] {
                          proveWritable(base.database);
                          alive();
                        }});
    return chores;
  }

  void pruneWebhooks() {
    const TimePoint now = base.clock.now();
    messages::WebhookInbox(base.database)
        .prune(now - base.settings.keepWebhooks, now - base.settings.keepUnknownWebhooks);
  }

  composition::Base base;
  composition::Videos videos;
  composition::Customers customers;
  composition::Senders senders;
  composition::Receipts receipts;
  composition::Campaigns campaigns;
  Endpoints endpoints;
  jobs::JobRunner jobs;
  Ticker ticker;
  Ticker errands;  // of its own: a provider may let us wait
  Housekeeping housekeeping;
  Ticker housekeeper;  // of its own: files take longer than rows
  http::Server server;
  bool running = false;
};

Service::Service(Settings settings, std::optional<Millis> aliveEvery, std::function<void()> alive)
    : parts_(std::make_unique<Parts>(std::move(settings), aliveEvery, std::move(alive))) {
  for (const std::string& name : parts_->base.migrations)
    log::info("database.migrated", {{"migration", name}});
}

Service::~Service() { stop(); }

void Service::start() {
  Parts& parts = *parts_;
  parts.running = true;
  parts.jobs.start();
  parts.receipts.webhooks.start();
  // On SQLite the lock says that nobody else sends; what a crash left can be settled at once.
  parts.campaigns.dispatcher.start(parts.base.database.engine() == db::Engine::sqlite);
  parts.ticker.start();
  parts.errands.start();
  parts.housekeeper.start();
  parts.server.start();
}

// What takes time ends side by side; webhooks last, because the server still takes them.
void Service::stop() {
  Parts& parts = *parts_;
  if (!std::exchange(parts.running, false)) return;
  std::thread sending([&] { parts.campaigns.stopSending(kSendsStop); });
  std::thread working([&] {
    parts.ticker.stop();
    parts.housekeeper.stop();
    parts.senders.http->stop(kExchangesStop);
    parts.errands.stop();
    if (!parts.jobs.stop(kJobsStop)) log::warning("jobs.slow_stop", nlohmann::json::object());
  });
  parts.server.stop();
  working.join();
  sending.join();
  parts.receipts.webhooks.stop();
}

void Service::reloadCertificates() { parts_->server.reloadCertificates(true); }

std::vector<Service::Listener> Service::listeners() const {
  using http::Port;
  const http::ServerSettings& http = parts_->base.settings.http;
  const auto url = [&](const http::ListenerSettings& settings, Port port) {
    const std::string scheme = http::tlsOf(http, settings).given() ? "https://" : "http://";
    const bool v6 = settings.address.find(':') != std::string::npos;
    return scheme + (v6 ? "[" + settings.address + "]" : settings.address) + ":" +
           std::to_string(parts_->server.port(port));
  };
  return {{"api", url(http.api, Port::api)},
          {"webhooks", url(http.webhooks, Port::webhooks)},
          {"public", url(http.publicPages, Port::publicPages)}};
}

std::vector<http::Route> Service::routes() const {
  http::Routes routes = parts_->endpoints.routes();
  for (auto* more : {&routes.webhooks, &routes.publicPages})
    std::move(more->begin(), more->end(), std::back_inserter(routes.api));
  return std::move(routes.api);
}

}  // namespace clipcourier
