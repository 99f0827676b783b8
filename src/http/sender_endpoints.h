#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "db/database.h"
#include "http/route.h"
#include "senders/sender_check.h"
#include "senders/sender_service.h"
#include "senders/template_sync.h"

namespace clipcourier::http {

// /api/v1/senders: our numbers, their templates, and whether they can work.
class SenderEndpoints {
 public:
  // Borrows its arguments; they must outlive its routes.
  SenderEndpoints(senders::SenderService& senders, senders::TemplateSync& sync,
                  senders::SenderCheck& check, db::Database& database, const Clock& clock)
      : senders_(senders), sync_(sync), check_(check), database_(database), clock_(clock) {}

  std::vector<Route> routes();

 private:
  Reply list(Request& request) const;
  Reply create(Request& request);
  Reply show(Request& request) const;
  Reply edit(Request& request);
  Reply templates(Request& request) const;
  Reply sync(Request& request);
  Reply check(Request& request);
  // With how fast it may go now.
  nlohmann::json shown(db::Connection& connection, const senders::Sender& sender) const;

  senders::SenderService& senders_;
  senders::TemplateSync& sync_;
  senders::SenderCheck& check_;
  db::Database& database_;
  const Clock& clock_;
};

}  // namespace clipcourier::http
