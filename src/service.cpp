#include "service.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "composition.h"
#include "db/migrations.h"
#include "http/campaign_endpoints.h"
#include "http/consent_endpoints.h"
#include "http/customer_endpoints.h"
#include "http/edit_endpoints.h"
#include "http/health.h"
#include "http/import_endpoints.h"
#include "http/link_endpoints.h"
#include "http/message_endpoints.h"
#include "http/openapi.h"
#include "http/picture_endpoints.h"
#include "http/profile_endpoints.h"
#include "http/queue_endpoints.h"
#include "http/sender_endpoints.h"
#include "http/server.h"
#include "http/token_endpoints.h"
#include "http/video_endpoints.h"
#include "http/watch_endpoints.h"
#include "http/webhook_endpoints.h"
#include "jobs/job_runner.h"
#include "log.h"
#include "service_key.h"
#include "ticker.h"

namespace clipcourier {
namespace {

constexpr Millis kCompleteEvery{1'000}, kSettleEvery{5'000}, kRenewEvery{60'000};
constexpr Millis kCertificatesEvery{10'000};
constexpr Millis kTidyEvery{3'600'000};  // also the age at which a file without import is abandoned
constexpr int kProbeThreads = 2;    // a probe is quick; one long one must not hold up the others
constexpr int kPictureThreads = 1;  // beside the clips: somebody waits for the poster they chose
constexpr Millis kJobsStop{3'000};  // transcoders end at once when they are told
constexpr Millis kExchangesStop{1'000};
constexpr Millis kSendsStop{5'000};  // a provider answers within; later answers are unknown

jobs::RunnerSettings runnerSettings() {
  jobs::RunnerSettings settings;
  settings.owner = composition::nodeName();
  settings.log = [](const std::string& what) { log::warning("job.failed", {{"what", what}}); };
  return settings;
}

void append(std::vector<http::Route>& to, std::vector<http::Route> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

http::MessageViewSettings messageView(const Settings& settings) {
  http::MessageViewSettings view;
  view.publicUrl = settings.pages.publicUrl;
  return view;
}

// What answers on the three listeners.
struct Endpoints {
  Endpoints(composition::Base& base, composition::Videos& videos, composition::Customers& customers,
            composition::Senders& senders, composition::Receipts& receipts,
            composition::Campaigns& campaigns)
      : base(base),
        tokens(base.tokens, base.database, base.clock),
        videos(base.database, videos.ingest, videos.service, base.store),
        edits(base.database, videos.edits),
        pictures(base.database, videos.edits, base.store),
        profiles(videos.profiles),
        customers(customers.service),
        consents(customers.desk),
        imports(customers.importJobs, customers.imports),
        senders(senders.service, senders.templates, senders.check, base.database),
        campaigns(campaigns.service, base.database, waits(campaigns)),
        messages(base.database, receipts.watchTokens, base.clock, waits(campaigns),
                 messageView(base.settings)),
        queue(base.database, campaigns.holds, base.clock, waits(campaigns)),
        links(campaigns.links),
        webhooks(webhookSources(senders, receipts), base.database, base.clock),
        watch(receipts.watchPages, base.store, base.settings.pages) {}

  static http::SupplyWaits waits(composition::Campaigns& campaigns) {
    return [&campaigns] { return campaigns.dispatcher.waiting(); };
  }

  static http::WebhookSources webhookSources(composition::Senders& senders,
                                             composition::Receipts& receipts) {
    const std::string name(receipts.whatsapp.name());
    http::WebhookSource source;
    source.channel = &receipts.whatsapp;
    source.appSecrets = [&senders, name] { return senders.directory.appSecrets(name); };
    source.verifyTokens = [&senders, name] { return senders.directory.verifyTokens(name); };
    source.stored = [&receipts] { receipts.webhooks.wake(); };
    return {{name, source}};
  }

  http::Routes routes() {
    http::Routes routes;
    append(routes.api, http::healthRoutes(readyChecks()));
    append(routes.api, http::openApiRoutes());
    append(routes.api, tokens.routes());
    append(routes.api, videos.routes());
    append(routes.api, edits.routes());
    append(routes.api, pictures.routes());
    append(routes.api, http::profileRoutes(profiles));
    append(routes.api, customers.routes());
    append(routes.api, consents.routes());
    append(routes.api, imports.routes());
    append(routes.api, senders.routes());
    append(routes.api, campaigns.routes());
    append(routes.api, messages.routes());
    append(routes.api, queue.routes());
    append(routes.api, links.routes());
    append(routes.webhooks, webhooks.routes());
    append(routes.publicPages, watch.routes());
    return routes;
  }

  std::vector<http::ReadyCheck> readyChecks() {
    return {{"database", [this] { db::requireCurrentSchema(base.database); }},
            {"media", [this] { base.store.createTemp(); }}};
  }

  composition::Base& base;
  http::TokenEndpoints tokens;
  http::VideoEndpoints videos;
  http::EditEndpoints edits;
  http::PictureEndpoints pictures;
  const videos::Profiles& profiles;
  http::CustomerEndpoints customers;
  http::ConsentEndpoints consents;
  http::ImportEndpoints imports;
  http::SenderEndpoints senders;
  http::CampaignEndpoints campaigns;
  http::MessageEndpoints messages;
  http::QueueEndpoints queue;
  http::LinkEndpoints links;
  http::WebhookEndpoints webhooks;
  http::WatchEndpoints watch;
};

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
        jobs(base.database, base.clock, base.bell, jobHandlers(), runnerSettings()),
        ticker(chores(aliveEvery, std::move(alive))),
        server(base.settings.http, endpoints.routes(), base.tokens, log::line) {}

  std::vector<jobs::Handler> jobHandlers() {
    std::vector<jobs::Handler> handlers;
    handlers.push_back(videos.probe.handler(kProbeThreads));
    handlers.push_back(videos.transcode.clipsHandler(base.settings.transcoder.processes));
    handlers.push_back(videos.transcode.picturesHandler(kPictureThreads));
    handlers.push_back(customers.importJobs.handler());
    handlers.push_back(senders.mediaJobs.handler());
    handlers.push_back(campaigns.launch.handler());
    handlers.push_back(campaigns::cancelHandler(base.clock));
    return handlers;
  }

  std::vector<Ticker::Chore> chores(std::optional<Millis> aliveEvery, std::function<void()> alive) {
    std::vector<Ticker::Chore> chores = {
        {"complete campaigns", kCompleteEvery, [this] { campaigns.service.completeExhausted(); }},
        {"settle interrupted sends", kSettleEvery, [this] { campaigns.dispatcher.settle(); }},
        {"renew media ids", kRenewEvery, [this] { senders.mediaJobs.renewDue(); }},
        {"remove abandoned imports", kTidyEvery,
         [this] { customers.importJobs.removeAbandoned(kTidyEvery); }},
        {"look at certificates", kCertificatesEvery, [this] { server.reloadCertificates(false); }}};
    if (aliveEvery)
      chores.push_back({"prove that it lives", *aliveEvery, [this, alive = std::move(alive)] {
                          proveWritable(base.database);
                          alive();
                        }});
    return chores;
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
  parts.server.start();
}

// What takes time ends side by side; webhooks last, because the server still takes them.
void Service::stop() {
  Parts& parts = *parts_;
  if (!std::exchange(parts.running, false)) return;
  std::thread sending([&] { parts.campaigns.stopSending(kSendsStop); });
  std::thread working([&] {
    parts.ticker.stop();
    parts.senders.http->stop(kExchangesStop);
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
  append(routes.api, std::move(routes.webhooks));
  append(routes.api, std::move(routes.publicPages));
  return std::move(routes.api);
}

}  // namespace clipcourier
