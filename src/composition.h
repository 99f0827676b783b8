#pragma once

#include <memory>
#include <string>
#include <vector>

#include "alerts/alert_service.h"
#include "base/clock.h"
#include "campaigns/campaign_service.h"
#include "campaigns/launch_check.h"
#include "campaigns/launch_job.h"
#include "campaigns/preview.h"
#include "campaigns/schedule_service.h"
#include "channels/channel.h"
#include "customers/consent_desk.h"
#include "customers/consent_service.h"
#include "customers/customer_service.h"
#include "customers/import_inbox.h"
#include "customers/import_jobs.h"
#include "customers/import_service.h"
#include "db/database.h"
#include "db/serve_lock.h"
#include "jobs/bell.h"
#include "media/folder_store.h"
#include "media/partial_files.h"
#include "messages/attempt_token.h"
#include "messages/dispatcher.h"
#include "messages/hold_service.h"
#include "messages/inbound_applier.h"
#include "messages/opt_out.h"
#include "messages/reactions.h"
#include "messages/receipt_applier.h"
#include "messages/resolution.h"
#include "messages/sender_event_applier.h"
#include "messages/session_sender.h"
#include "messages/token_probe.h"
#include "messages/watch_token.h"
#include "messages/webhook_applier.h"
#include "metrics/instruments.h"
#include "net/http_engine.h"
#include "senders/media_jobs.h"
#include "senders/media_ledger.h"
#include "senders/secret_sources.h"
#include "senders/sender_check.h"
#include "senders/sender_directory.h"
#include "senders/sender_service.h"
#include "senders/template_jobs.h"
#include "senders/template_sync.h"
#include "settings.h"
#include "tracking/campaign_watch_pages.h"
#include "tracking/counter_audit.h"
#include "tracking/counter_job.h"
#include "tracking/link_service.h"
#include "transcoder/process.h"
#include "users/audit_log.h"
#include "users/token_service.h"
#include "videos/clip_proof.h"
#include "videos/edit_service.h"
#include "videos/ingest_service.h"
#include "videos/media_cleaner.h"
#include "videos/probe_job.h"
#include "videos/transcode_job.h"
#include "videos/upload_service.h"
#include "videos/video_service.h"

// The objects of the service, a struct for each part of the tree. Members are built from top to
// bottom and end from bottom to top, so what is borrowed stands above its borrower.
namespace clipcourier::composition {

struct Base {
  explicit Base(Settings given);  // throws Error saying what to do

  const Settings settings;
  const SystemClock clock;
  const db::ServeLock serveLock;
  db::Database database;
  const std::vector<std::string> migrations;  // applied just now
  const crypto::KeyRing keys;
  media::FolderStore store;
  media::PartialFiles partials;
  const users::AuditLog audit{clock};
  users::TokenService tokens{database, audit, clock};
  jobs::Bell bell;
  metrics::Instruments instruments;
};

struct Videos {
  explicit Videos(Base& base);

  const videos::Profiles profiles;
  const transcoder::Process transcoder;
  const videos::ClipProof proof;
  videos::IngestService ingest;
  videos::UploadService uploads;
  videos::MediaCleaner cleaner;
  videos::VideoService service;
  videos::EditService edits;
  videos::ProbeJob probe;
  videos::TranscodeJob transcode;
};

struct Customers {
  explicit Customers(Base& base);

  const customers::ConsentService consents;
  customers::CustomerService service;
  customers::ConsentDesk desk;
  const customers::ImportService imports;
  const customers::ImportInbox inbox;
  customers::ImportJobs importJobs;
};

// Exchanges with providers have an engine of their own, so that an upload never holds up a send.
struct Senders {
  explicit Senders(Base& base);

  const std::unique_ptr<net::HttpEngine> http;
  const senders::SecretSources secrets;
  const senders::AllowedHosts hosts;
  senders::SenderDirectory directory;
  senders::SenderService service;
  senders::TemplateSync templates;
  senders::TemplateJobs templateJobs;
  senders::MediaLedger media;
  senders::MediaJobs mediaJobs;
  senders::SenderCheck check;
};

// What providers tell, and what people do with what they got.
struct Receipts {
  Receipts(Base& base, const Customers& customers);

  const channels::Channel& whatsapp;
  const messages::Reactions reactions;
  const messages::OptOut optOut;
  const messages::AttemptToken attemptTokens;
  const messages::WatchToken watchTokens;
  const messages::ReceiptApplier receipts;
  const messages::InboundApplier inbound;
  const messages::SenderEventApplier senderEvents;
  messages::WebhookApplier webhooks;
  tracking::CampaignWatchPages watchPages;
  const tracking::CounterAudit counterAudit;
  tracking::CounterJob counterJob;
};

// What is sent, and the sending itself.
struct Campaigns {
  Campaigns(Base& base, const Videos& videos, Senders& senders, const Receipts& receipts);
  // No new claims; what is under way finishes or becomes unknown. Takes about `grace`.
  void stopSending(Millis grace);

  const std::unique_ptr<net::HttpEngine> http;  // for sends alone
  messages::Dispatcher dispatcher;
  const campaigns::LaunchCheck launchCheck;
  campaigns::CampaignService service;
  messages::SessionSender sessions;
  campaigns::ScheduleService schedules;
  const campaigns::Previewer previews;
  campaigns::LaunchJob launch;
  messages::HoldService holds;
  messages::TokenProbe probe;
  messages::ResolutionService resolutions;
  alerts::AlertService alerts;
  tracking::LinkService links;
};

// Names this process in leases. A host name alone would not tell a restart from its predecessor.
std::string nodeName();

}  // namespace clipcourier::composition
