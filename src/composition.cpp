#include "composition.h"

#include <Poco/Environment.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "campaigns/supplies.h"
#include "channels/registry.h"
#include "log.h"
#include "service_key.h"
#include "setup.h"

namespace clipcourier::composition {
namespace {

constexpr std::size_t kExchanges = 16;  // uploads and look-ups at the same time

const Settings& withFolders(const Settings& settings) {
  makeFolders(settings);
  return settings;
}

customers::ImportSettings importSettings(const Settings& settings) {
  customers::ImportSettings result;
  result.region = settings.customersRegion;
  return result;
}

// Uploaded customer files hold personal data; they wait beside the stored videos, not among them.
std::string importFolder(const Settings& settings) { return settings.mediaFolder + "/imports"; }

messages::RetryPolicy retryPolicy(const Settings& settings) {
  messages::RetryPolicy retry;
  retry.maxTries = settings.dispatch.maxTries;
  retry.firstDelay = settings.dispatch.firstRetry;
  retry.longestDelay = settings.dispatch.longestRetry;
  return retry;
}

void logWebhooks(const std::string& event, int count) {
  log::info("webhooks." + event, {{"count", count}});
}

}  // namespace

Base::Base(Settings given)
    : settings(std::move(given)),
      serveLock(withFolders(settings).database),
      database(settings.database),
      migrations(prepareSchema(settings, database, clock)),
      keys(openServiceKey(settings.keyFile, database, clock)),
      store(settings.mediaFolder) {}

Videos::Videos(Base& base)
    : profiles(profilesOf(base.settings)),
      transcoder(transcoderProgram(base.settings), transcoderLimits(base.settings, profiles)),
      proof(base.keys),
      ingest(base.database, base.store, base.clock, base.bell, base.audit, base.settings.maxUpload,
             base.settings.minFree),
      service(base.database, profiles, base.clock, base.bell, base.audit),
      edits(base.database, base.store, profiles, base.clock, base.bell, base.audit),
      probe(base.store, transcoder, profiles, base.clock, base.bell),
      transcode(base.store, transcoder, profiles, proof, base.clock) {}

Customers::Customers(Base& base)
    : consents(base.keys, base.clock),
      service(base.database, base.clock, {base.settings.customersRegion}, base.audit),
      desk(base.database, consents, base.audit, base.clock),
      imports(base.database, consents, base.clock, importSettings(base.settings)),
      inbox(importFolder(base.settings)),
      importJobs(base.database, imports, inbox, base.audit, base.clock, base.bell) {}

Senders::Senders(Base& base)
    : http(net::makeHttpEngine(engineOptions(base.settings, kExchanges))),
      secrets(base.settings.secretsFolder),
      directory(base.database, secrets, base.clock),
      service(base.database, secrets, directory, base.clock),
      templates(base.database, *http, directory, base.clock),
      media(base.database, *http, directory, base.store, base.clock),
      mediaJobs(base.database, media, base.clock, base.bell),
      check(base.database, *http, secrets) {}

Receipts::Receipts(Base& base, const Customers& customers)
    : whatsapp(channels::get("whatsapp")),
      retry(retryPolicy(base.settings)),
      optOut(customers.consents),
      attemptTokens(base.keys),
      watchTokens(base.keys),
      receipts(attemptTokens, whatsapp, retry),
      inbound(std::string(whatsapp.name()), optOut),
      webhooks(base.database, whatsapp, receipts, inbound, optOut, base.clock, logWebhooks),
      watchPages(base.database, watchTokens, base.clock, base.settings.linkLife) {}

namespace {

messages::DispatcherSettings dispatcherSettings(const Settings& settings) {
  messages::DispatcherSettings result;
  result.maxInFlight = settings.dispatch.maxInFlight;
  result.requestTimeout = settings.dispatch.requestTimeout;
  result.scopeHold = settings.dispatch.scopeHold;
  result.retry = retryPolicy(settings);
  return result;
}

messages::Dispatcher::Parts dispatcherParts(Base& base, net::HttpEngine& http, Senders& senders,
                                            const Receipts& receipts) {
  const auto wantMedia = [&senders](SenderId sender, const std::string& sha256) {
    senders.mediaJobs.want(sender, sha256);
  };
  return {base.database,
          http,
          campaigns::supplySource(base.database, senders.directory, base.clock, wantMedia),
          receipts.optOut,
          receipts.attemptTokens,
          receipts.watchTokens,
          base.clock,
          [](const std::string& what) {
            log::warning("dispatcher", {{"what", what}});
          }};
}

}  // namespace

Campaigns::Campaigns(Base& base, const Videos& videos, Senders& senders, const Receipts& receipts)
    : http(net::makeHttpEngine(engineOptions(
          base.settings, static_cast<std::size_t>(base.settings.dispatch.maxInFlight)))),
      dispatcher(dispatcherParts(base, *http, senders, receipts), dispatcherSettings(base.settings),
                 nodeName()),
      launchCheck(base.database, senders.directory, videos.proof, base.settings.pages.publicUrl),
      service(base.database, launchCheck, base.audit, base.bell, base.clock,
              [this] { dispatcher.wake(); }),
      launch(
          base.database, senders.directory,
          [&senders](SenderId sender, const std::string& sha256) {
            senders::MediaWanted wanted;
            wanted.sender = sender;
            wanted.sha256 = sha256;
            senders.media.ensure(wanted);
          },
          base.clock, [this] { dispatcher.wake(); }),
      holds(base.database, base.audit, base.clock, [this] { dispatcher.wake(); }),
      links(base.database, videos.proof, base.store, base.audit, base.clock) {}

void Campaigns::stopSending(Millis grace) {
  dispatcher.stopClaiming();
  http->stop(grace);
  dispatcher.finish();
}

std::string nodeName() { return Poco::Environment::nodeName() + ":" + std::to_string(::getpid()); }

}  // namespace clipcourier::composition
