#include "net/http_engine.h"

#include "net/curl_engine.h"

namespace clipcourier::net {

std::future<HttpResponse> HttpEngine::send(HttpRequest request) {
  auto promise = std::make_shared<std::promise<HttpResponse>>();
  auto answer = promise->get_future();
  send(std::move(request),
       [promise](HttpResponse response) { promise->set_value(std::move(response)); });
  return answer;
}

std::unique_ptr<HttpEngine> makeHttpEngine(HttpEngineOptions options) {
  return std::make_unique<CurlEngine>(std::move(options));
}

}  // namespace clipcourier::net
