#include "endpoints.h"

#include <iterator>
#include <utility>

#include "db/migrations.h"
#include "http/health.h"
#include "http/openapi.h"
#include "http/profile_endpoints.h"
#include "http/schedule_endpoints.h"
#include "http/webhook_report.h"
#include "metrics/database_metrics.h"
#include "metrics/process_metrics.h"

namespace clipcourier {
namespace {

void append(std::vector<http::Route>& to, std::vector<http::Route> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

http::MessageViewSettings messageView(const Settings& settings) {
  http::MessageViewSettings view;
  view.publicUrl = settings.pages.publicUrl;
  view.patience = settings.dispatch.unknownPatience;
  return view;
}

http::SupplyWaits waits(composition::Campaigns& campaigns) {
  return [&campaigns] { return campaigns.dispatcher.waiting(); };
}

http::WebhookSources webhookSources(composition::Senders& senders,
                                    composition::Receipts& receipts) {
  const std::string name(receipts.whatsapp.name());
  http::WebhookSource source;
  source.channel = &receipts.whatsapp;
  source.appSecrets = [&senders, name] { return senders.directory.appSecrets(name); };
  source.verifyTokens = [&senders, name] { return senders.directory.verifyTokens(name); };
  source.stored = [&receipts] { receipts.webhooks.wake(); };
  return {{name, source}};
}

std::vector<http::ReadyCheck> readyChecks(composition::Base& base) {
  return {{"database", [&base] { db::requireCurrentSchema(base.database); }},
          {"media", [&base] { base.store.createTemp(); }}};
}

}  // namespace

Endpoints::Endpoints(composition::Base& base, composition::Videos& videos,
                     composition::Customers& customers, composition::Senders& senders,
                     composition::Receipts& receipts, composition::Campaigns& campaigns)
    : base(base),
      steered(campaigns),
      once(base.database, base.clock, base.settings.idempotencyKept),
      feed(base.database, base.clock, base.settings.eventsKept),
      events(feed),
      metrics([this] { return metricsText(); }, base.tokens, base.settings.metricsAllow),
      tokens(base.tokens, base.database, base.clock),
      videos(base.database, videos.ingest, videos.service, base.store),
      uploads(videos.uploads),
      edits(base.database, videos.edits),
      pictures(base.database, videos.edits, base.store),
      profiles(videos.profiles),
      customers(customers.service),
      consents(customers.desk),
      imports(customers.importJobs, customers.imports),
      senders(senders.service, senders.templates, senders.check, base.database, base.clock),
      campaigns(campaigns.service, base.database, waits(campaigns)),
      campaignReports(base.database, base.keys, base.audit),
      messages(base.database, receipts.watchTokens, base.clock, waits(campaigns),
               messageView(base.settings)),
      resolutions(campaigns.resolutions, base.clock),
      alerts(campaigns.alerts),
      queue(base.database, campaigns.holds, base.clock, waits(campaigns)),
      links(campaigns.links),
      webhooks(webhookSources(senders, receipts), base.database, base.clock),
      watch(receipts.watchPages, base.store, base.settings.pages) {}

http::Routes Endpoints::routes() {
  http::Routes routes;
  append(routes.api, http::healthRoutes(readyChecks(base)));
  append(routes.api, http::openApiRoutes());
  append(routes.api, tokens.routes());
  append(routes.api, videos.routes());
  append(routes.api, uploads.routes());
  append(routes.api, edits.routes());
  append(routes.api, pictures.routes());
  append(routes.api, http::profileRoutes(profiles));
  append(routes.api, customers.routes());
  append(routes.api, consents.routes());
  append(routes.api, imports.routes());
  append(routes.api, senders.routes());
  append(routes.api, campaigns.routes());
  append(routes.api, campaignReports.routes());
  append(routes.api, http::scheduleRoutes(steered.schedules));
  append(routes.api, http::previewRoutes(steered.previews));
  append(routes.api, messages.routes());
  append(routes.api, resolutions.routes());
  append(routes.api, alerts.routes());
  append(routes.api, queue.routes());
  append(routes.api, links.routes());
  append(routes.api, events.routes());
  append(routes.api, metrics.routes());
  append(routes.api, http::webhookReportRoutes(base.database));
  append(routes.webhooks, webhooks.routes());
  append(routes.publicPages, watch.routes());
  routes.api = once.guard(std::move(routes.api));
  return routes;
}

// Monitoring is told what can be told, also while the database is away.
std::string Endpoints::metricsText() const {
  metrics::Exposition out;
  metrics::Exposition stored;
  bool reachable = true;
  try {
    base.database.read([&](db::Connection& connection) {
      writeDatabaseMetrics(stored, connection, base.clock.now());
    });
  } catch (const Error&) {
    reachable = false;
  }
  out.describe("database_reachable", "gauge", "1 when the database answered for these metrics.");
  out.sample(reachable ? 1 : 0);
  base.instruments.write(out);
  metrics::writeProcessMetrics(out);
  metrics::writeDiskMetrics(out, {{"media", base.settings.mediaFolder}});
  return reachable ? out.text() + stored.text() : out.text();
}

}  // namespace clipcourier
