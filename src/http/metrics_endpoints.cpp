#include "http/metrics_endpoints.h"

#include "http/authorize.h"

namespace clipcourier::http {
namespace {

// A proxy on this machine makes everybody look local.
bool cameThroughProxy(const Request& request) {
  for (const char* name : {"forwarded", "x-forwarded-for", "x-real-ip", "via"})
    if (request.header(name)) return true;
  return false;
}

}  // namespace

std::vector<Route> MetricsEndpoints::routes() {
  return {{Method::get, "/metrics", kOpen, [this](Request& r) { return show(r); }}};
}

Reply MetricsEndpoints::show(Request& request) const {
  if (cameThroughProxy(request) || !allowed_.contain(request.client()))
    authorize(authenticator_, request.header("authorization"), {Scope::operations});
  return bytes(source_(), "text/plain; version=0.0.4; charset=utf-8")
      .with("Cache-Control", "no-store");
}

}  // namespace clipcourier::http
