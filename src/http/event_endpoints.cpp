#include "http/event_endpoints.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace clipcourier::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Where the caller wants to go on: what its browser remembers wins over what its address says.
std::optional<std::int64_t> wantedPosition(const Request& request) {
  const auto header = request.header("last-event-id");
  if (!header || header->empty()) return request.queryNumber("after", 0, INT64_MAX);
  std::int64_t id = 0;
  const char* end = header->data() + header->size();
  const auto [stop, error] = std::from_chars(header->data(), end, id);
  if (error != std::errc{} || stop != end || id < 0)
    throw Error(ErrorKind::invalidInput, "Last-Event-ID is no id of an event",
                "Send the id of the last event you got, or leave it out.", "events.bad_id");
  return id;
}

std::string block(const char* name, std::int64_t id, const nlohmann::json& data) {
  return std::string("event: ") + name + "\nid: " + std::to_string(id) + "\ndata: " + data.dump() +
         "\n\n";
}

std::string textOf(const events::Event& event) {
  return block(event.state.kind.c_str(), event.id,
               {{"kind", event.state.kind},
                {"subject", event.state.subject},
                {"at", toIso(event.at)},
                {"data", nlohmann::json::parse(event.state.data)}});
}

// The id goes with it, so that who may see little does not fall behind what is kept.
std::string heartbeat(std::int64_t position) {
  return ": heartbeat\nid: " + std::to_string(position) + "\n\n";
}

std::string textOf(const events::EventFeed::Page& page) {
  if (page.gap) return block("reset", page.position, nlohmann::json::object());
  std::string text;
  for (const events::Event& event : page.events) text += textOf(event);
  return text;
}

}  // namespace

std::vector<Route> EventEndpoints::routes() {
  constexpr Scope first = Scope::operations;
  RouteOptions options{.query = {"after"}};
  for (const std::string& kind : events::allKinds()) {
    const Scope scope = events::scopeOf(kind);
    const bool listed = std::ranges::find(options.orScopes, scope) != options.orScopes.end();
    if (scope != first && !listed) options.orScopes.push_back(scope);
  }
  return {
      {Method::get, "/api/v1/events", first, [this](Request& r) { return follow(r); }, options}};
}

Reply EventEndpoints::follow(Request& request) {
  const auto wanted = wantedPosition(request);
  const std::int64_t position = wanted ? *wanted : feed_.newest();
  return stream("text/event-stream", [this, position, scopes = request.scopes()](
                                         StreamWriter& out) { run(out, position, scopes); })
      .with("Cache-Control", "no-store")
      .with("X-Accel-Buffering", "no");
}

void EventEndpoints::run(StreamWriter& out, std::int64_t position, const users::Scopes& scopes) {
  const auto end = SteadyClock::now() + settings_.longest;
  out.write("retry: 2000\n" + heartbeat(position));
  auto wroteAt = SteadyClock::now();
  while (!out.stopping() && SteadyClock::now() < end) {
    const auto heard = feed_.rings();
    const auto page = feed_.after(position, scopes);
    position = page.position;
    std::string text = textOf(page);
    if (text.empty() && SteadyClock::now() - wroteAt >= settings_.heartbeat)
      text = heartbeat(position);
    if (!text.empty()) {
      out.write(text);  // waits for a slow reader, but not for long
      wroteAt = SteadyClock::now();
    }
    if (!page.more) feed_.wait(heard, settings_.poll);
  }
}

}  // namespace clipcourier::http
