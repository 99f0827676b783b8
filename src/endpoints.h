#pragma once

#include <string>

#include "composition.h"
#include "events/event_feed.h"
#include "http/alert_endpoints.h"
#include "http/campaign_endpoints.h"
#include "http/campaign_report_endpoints.h"
#include "http/consent_endpoints.h"
#include "http/customer_endpoints.h"
#include "http/edit_endpoints.h"
#include "http/event_endpoints.h"
#include "http/idempotency.h"
#include "http/import_endpoints.h"
#include "http/link_endpoints.h"
#include "http/message_endpoints.h"
#include "http/metrics_endpoints.h"
#include "http/picture_endpoints.h"
#include "http/queue_endpoints.h"
#include "http/resolution_endpoints.h"
#include "http/sender_endpoints.h"
#include "http/server.h"
#include "http/token_endpoints.h"
#include "http/upload_endpoints.h"
#include "http/video_endpoints.h"
#include "http/watch_endpoints.h"
#include "http/webhook_endpoints.h"

namespace clipcourier {

// What answers on the three listeners. Borrows what it is made of.
struct Endpoints {
  Endpoints(composition::Base& base, composition::Videos& videos, composition::Customers& customers,
            composition::Senders& senders, composition::Receipts& receipts,
            composition::Campaigns& campaigns);

  http::Routes routes();
  std::string metricsText() const;

  composition::Base& base;
  composition::Campaigns& steered;
  http::IdempotencyKeys once;
  events::EventFeed feed;
  http::EventEndpoints events;
  http::MetricsEndpoints metrics;
  http::TokenEndpoints tokens;
  http::VideoEndpoints videos;
  http::UploadEndpoints uploads;
  http::EditEndpoints edits;
  http::PictureEndpoints pictures;
  const videos::Profiles& profiles;
  http::CustomerEndpoints customers;
  http::ConsentEndpoints consents;
  http::ImportEndpoints imports;
  http::SenderEndpoints senders;
  http::CampaignEndpoints campaigns;
  http::CampaignReportEndpoints campaignReports;
  http::MessageEndpoints messages;
  http::ResolutionEndpoints resolutions;
  http::AlertEndpoints alerts;
  http::QueueEndpoints queue;
  http::LinkEndpoints links;
  http::WebhookEndpoints webhooks;
  http::WatchEndpoints watch;
};

}  // namespace clipcourier
