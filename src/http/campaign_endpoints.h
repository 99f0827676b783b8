#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "campaigns/campaign_service.h"
#include "http/route.h"

namespace clipcourier::http {

// Campaigns from draft to the last receipt. Borrows its arguments.
class CampaignEndpoints {
 public:
  // Why a running campaign waits as a whole, by id: Dispatcher::waiting(). May be empty.
  using WaitingReasons = std::function<std::map<CampaignId, std::string>()>;
  CampaignEndpoints(campaigns::CampaignService& campaigns, db::Database& database,
                    WaitingReasons waiting);

  std::vector<Route> routes();

 private:
  Reply create(Request& request);
  Reply list(Request& request);
  Reply get(Request& request);
  Reply edit(Request& request);
  Reply check(Request& request);
  Reply launch(Request& request);
  Reply pause(Request& request);
  Reply resume(Request& request);
  Reply cancel(Request& request);
  using Change = std::function<campaigns::Campaign(const campaigns::CampaignService::Also& also)>;
  Reply answered(Request& request, int status, const Change& change);
  Reply show(const campaigns::Campaign& campaign, int status = 200);
  Reply show(db::Connection& connection, const campaigns::Campaign& campaign, int status);

  campaigns::CampaignService& campaigns_;
  db::Database& database_;
  WaitingReasons waiting_;
};

}  // namespace clipcourier::http
