#include "composition.h"

#include <Poco/Environment.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "alerts/alert_words.h"
#include "campaigns/supplies.h"
#include "channels/registry.h"
#include "file_columns.h"
#include "log.h"
#include "senders/exchange_runner.h"
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

messages::ReactionSettings reactionSettings(const Settings& settings) {
  messages::ReactionSettings result;
  result.scopeHold = settings.dispatch.scopeHold;
  result.guardFailures = settings.dispatch.guardFailures;
  result.guardWindow = settings.dispatch.guardWindow;
  return result;
}

messages::WebhookApplier::Log webhookLog(metrics::Instruments& instruments) {
  return [&instruments](const std::string& event, int count) {
    log::info("webhooks." + event, {{"count", count}});
    if (event == "webhook.retry") instruments.webhookTroubles.add({{"then", "retry"}}, count);
    if (event == "webhook.set_aside")
      instruments.webhookTroubles.add({{"then", "set_aside"}}, count);
  };
}

void logWrongCounters(const tracking::CounterCheck& check) {
  nlohmann::json names = nlohmann::json::array();
  for (const tracking::CounterDifference& one : check.differences) names.push_back(one.counter);
  log::warning("counters.wrong", {{"campaign_id", check.campaign.value}, {"counters", names}});
}

}  // namespace

Base::Base(Settings given)
    : settings(std::move(given)),
      serveLock(withFolders(settings).database),
      database(settings.database),
      migrations(prepareSchema(settings, database, clock)),
      keys(openServiceKey(settings.keyFile, database, clock)),
      store(settings.mediaFolder),
      partials(settings.mediaFolder) {}

Videos::Videos(Base& base)
    : profiles(profilesOf(base.settings)),
      transcoder(transcoderProgram(base.settings), transcoderLimits(base.settings, profiles)),
      proof(base.keys),
      ingest(base.database, base.store, base.clock, base.bell, base.audit, base.settings.maxUpload,
             base.settings.minFree),
      uploads(base.database, base.store, base.partials, ingest, base.clock, base.bell,
              base.settings.uploadLife),
      cleaner(base.database, base.store, base.partials, base.clock, base.settings.cleanAfter,
              fileColumns()),
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
      hosts(base.settings.allowedHosts),
      directory(base.database, secrets, base.clock, hosts),
      service(base.database, secrets, directory, base.clock, hosts),
      templates(base.database, *http, directory, base.clock, messages::settleTemplateHold),
      templateJobs(base.database, templates, base.clock, base.bell, base.settings.templatesEvery),
      media(base.database, *http, directory, base.store, base.clock),
      mediaJobs(base.database, media, base.clock, base.bell),
      check(base.database, *http, secrets, hosts) {}

Receipts::Receipts(Base& base, const Customers& customers)
    : whatsapp(channels::get("whatsapp")),
      reactions(retryPolicy(base.settings), reactionSettings(base.settings)),
      optOut(customers.consents),
      attemptTokens(base.keys),
      watchTokens(base.keys),
      receipts(attemptTokens, whatsapp, reactions),
      inbound(std::string(whatsapp.name()), optOut, base.settings.confirmStops),
      senderEvents(std::string(whatsapp.name())),
      webhooks(base.database, whatsapp, receipts, inbound, senderEvents, optOut, base.clock,
               webhookLog(base.instruments)),
      watchPages(base.database, watchTokens, base.clock, base.settings.linkLife),
      counterAudit(base.database, base.audit, base.clock),
      counterJob(base.database, counterAudit, base.clock, base.bell,
                 base.settings.countersVerifyEvery, logWrongCounters) {}

namespace {

messages::DispatcherSettings dispatcherSettings(const Settings& settings) {
  messages::DispatcherSettings result;
  result.maxInFlight = settings.dispatch.maxInFlight;
  result.requestTimeout = settings.dispatch.requestTimeout;
  result.retry = retryPolicy(settings);
  result.reactions = reactionSettings(settings);
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

alerts::AlertSettings alertSettings(const Settings& settings) {
  alerts::AlertSettings result;
  result.unknownMessages = settings.alerts.unknownMessages;
  result.unknownCodes = settings.alerts.unknownCodes;
  result.minFree = settings.minFree.bytes;
  result.freeBytes = [folder = settings.mediaFolder] {
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    return error ? 0 : static_cast<std::uint64_t>(space.available);
  };
  return result;
}

void logAlert(const std::string& event, const alerts::Alert& alert) {
  const nlohmann::json fields = {{"kind", alert.kind},
                                 {"subject", alert.subject},
                                 {"severity", alert.critical ? "critical" : "warning"},
                                 {"code", alert.code},
                                 {"count", alert.count},
                                 {"what", alerts::wordsOf(alert).en}};
  if (event == "alert.opened")
    log::warning(event, fields);
  else
    log::info(event, fields);
}

// Whether the provider takes the sender's token, read anew: a person may have mended it just now.
messages::TokenProbe::Ask askNumber(Senders& senders) {
  return [&senders](SenderId id) {
    try {
      senders.directory.forget(id);
      const auto sender = senders.directory.get(id);
      const auto reading = sender->channel->readNumber(sender->account);
      return std::holds_alternative<channels::NumberInfo>(
          senders::runExchange(*senders.http, *reading));
    } catch (const Error&) {  // no token, or the sender is disabled
      return false;
    }
  };
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
      sessions(base.database, *http, senders.directory, base.clock),
      schedules({base.database, launchCheck, base.audit, base.bell, base.clock,
                 [&senders](SenderId sender, const std::string& sha256) {
                   senders.mediaJobs.want(sender, sha256);
                 }},
                base.settings.latestStart),
      previews(base.database),
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
      probe(base.database, askNumber(senders), base.audit, base.clock,
            [this] { dispatcher.wake(); }),
      resolutions(base.database, base.audit, base.clock, base.bell,
                  base.settings.dispatch.unknownPatience, [this] { dispatcher.wake(); }),
      alerts(base.database, base.audit, base.clock, alertSettings(base.settings), logAlert),
      links(base.database, videos.proof, base.store, base.audit, base.clock) {}

void Campaigns::stopSending(Millis grace) {
  dispatcher.stopClaiming();
  http->stop(grace);
  dispatcher.finish();
}

std::string nodeName() { return Poco::Environment::nodeName() + ":" + std::to_string(::getpid()); }

}  // namespace clipcourier::composition
