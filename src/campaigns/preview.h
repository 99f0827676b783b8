#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "campaigns/campaign.h"
#include "channels/template.h"
#include "db/database.h"
#include "videos/video.h"

namespace clipcourier::campaigns {

// What one customer would get from a campaign.
struct Preview {
  CustomerId customer;
  std::string language;     // of the content chosen; empty when there is none
  bool isFallback = false;  // not the customer's own language
  std::string templateName, templateLanguage, headerFormat;
  std::optional<channels::RenderedTemplate> text;
  std::optional<videos::Clip> clip;
  std::vector<ErrorDetail> reasons;  // every reason why this customer would not get it
};

// Renders messages for people to look at; sends and stores nothing. Borrows the database;
// thread-safe.
class Previewer {
 public:
  explicit Previewer(db::Database& database) : db_(database) {}
  Preview preview(CampaignId campaign, CustomerId customer) const;  // Error(notFound)

 private:
  db::Database& db_;
};

}  // namespace clipcourier::campaigns
