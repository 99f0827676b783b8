// Shows what the WhatsApp channel writes and how it reads, as JSON on standard output:
//
//   channel_probe requests   every kind of request it can build
//   channel_probe webhooks   standard input: a JSON array of webhook bodies; the events of each
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "channels/opt_out.h"
#include "channels/whatsapp/whatsapp_channel.h"

using namespace clipcourier;
using namespace clipcourier::channels;
using Json = nlohmann::json;

namespace {

const whatsapp::WhatsAppChannel channel;

Account account() {
  return {"https://graph.facebook.com", "v23.0", "106540352242922", "419561257915477",
          Secret("token")};
}

OutboundMessage plain() {
  OutboundMessage m;
  m.to = "+491701234567";
  m.templateName = "product_clip_de";
  m.language = "de";
  return m;
}

OutboundMessage full(bool named) {
  OutboundMessage m = plain();
  m.header = HeaderMedia{MediaKind::video, "1037543291543636"};
  m.body = {{named ? "first_name" : "", "Jana\n\t\"Müller\"     😀"},
            {named ? "product" : "", "Modell 7"}};
  m.buttons = {{ButtonValue::Kind::urlSuffix, 1, "k3Vw9_Qe-x"},
               {ButtonValue::Kind::quickReply, 2, stopPayload(42)}};
  m.opaque = "a1.4711.1.AAAAAAAAAAAAAAAAAAAAAA";
  return m;
}

Json form(const std::vector<net::MultipartPart>& parts) {
  Json fields = Json::object();
  for (const auto& part : parts) {
    const auto* text = std::get_if<std::string>(&part.content);
    fields[part.name] = text ? *text : "(file)";
  }
  return fields;
}

Json shown(const std::string& name, const net::HttpRequest& request) {
  Json out = {{"name", name}, {"method", request.method}, {"url", request.url}};
  for (const auto& header : request.headers) out["headers"][header.name] = header.value;
  if (const auto* text = std::get_if<std::string>(&request.body)) out["json"] = Json::parse(*text);
  if (const auto* parts = std::get_if<std::vector<net::MultipartPart>>(&request.body)) {
    out["form"] = form(*parts);
  }
  return out;
}

// Both pages of a list of templates; the cursor has what a query cannot hold as it is.
void addTemplates(Json& all) {
  const auto templates = channel.listTemplates(account());
  all.push_back(shown("templates", std::get<net::HttpRequest>(templates->begin())));
  net::HttpResponse page;
  page.status = 200;
  page.body = R"({"data":[],"paging":{"cursors":{"after":"QVFI+/a&b=="},"next":"https://x"}})";
  all.push_back(shown("next templates", std::get<net::HttpRequest>(templates->next(page))));
}

template <class Result>
Json first(const std::string& name, std::unique_ptr<Exchange<Result>> exchange) {
  return shown(name, std::get<net::HttpRequest>(exchange->begin()));
}

SessionMessage session(SessionMessage::Kind kind) {
  using Kind = SessionMessage::Kind;
  SessionMessage m;
  m.kind = kind;
  m.to = "+491701234567";
  if (kind != Kind::audio && kind != Kind::contacts) m.text = "Hier ist Ihr Clip.";
  if (kind == Kind::video || kind == Kind::image || kind == Kind::document || kind == Kind::audio)
    m.mediaId = "1037543291543636";
  if (kind == Kind::document) m.fileName = "Preise.pdf";
  if (kind == Kind::replyButtons) m.buttons = {{"yes", "Ja"}, {"no", "Nein"}, {"call", "Anruf"}};
  if (kind == Kind::urlButton) {
    m.url = "https://shop.example/w/k3Vw9";
    m.urlLabel = "Ansehen";
    m.footer = "Ihr Laden";
  }
  if (kind == Kind::contacts) m.contacts = {{"Laden", "+49891234567"}};
  m.answers = "wamid.HBgL";
  m.opaque = "s1.42";
  return m;
}

void addSessions(Json& all) {
  using Kind = SessionMessage::Kind;
  const std::pair<const char*, Kind> kinds[] = {{"TextMessage", Kind::text},
                                                {"VideoMessage", Kind::video},
                                                {"ImageMessage", Kind::image},
                                                {"DocumentMessage", Kind::document},
                                                {"AudioMessage", Kind::audio},
                                                {"ContactsMessage", Kind::contacts},
                                                {"InteractiveMessage", Kind::replyButtons},
                                                {"InteractiveMessage", Kind::urlButton}};
  for (const auto& [schema, kind] : kinds) {
    Json one =
        shown(std::string("session ") + schema, channel.sessionRequest(account(), session(kind)));
    one["schema"] = schema;
    all.push_back(std::move(one));
  }
  Json read = shown("mark as read", channel.markRead(account(), "wamid.HBgL"));
  read["schema"] = "MarkMessageRequestPayload";
  all.push_back(std::move(read));
}

Json requests() {
  Json all = Json::array();
  const auto message = [&](const std::string& name, const OutboundMessage& m) {
    all.push_back(shown(name, channel.request(account(), m)));
  };
  message("template without variables", plain());
  message("template with named parameters", full(true));
  message("template with counted parameters", full(false));
  for (const MediaKind kind : {MediaKind::image, MediaKind::document}) {
    OutboundMessage m = full(true);
    m.header->kind = kind;
    message("template with another header", m);
  }
  OutboundMessage byUser = full(true);
  byUser.to.clear();
  byUser.recipient = "DE.13491208655302741918";
  message("template to a user id", byUser);
  const auto upload =
      channel.uploadMedia(account(), {{"/clip.mp4", nullptr, 0, 3}, "video/mp4", "clip.mp4", ""});
  all.push_back(shown("media upload", std::get<net::HttpRequest>(upload->begin())));
  net::HttpResponse stored;
  stored.status = 200;
  stored.body = R"({"id":"1037543291543636"})";
  all.push_back(shown("media check", std::get<net::HttpRequest>(upload->next(stored))));
  addTemplates(all);
  all.push_back(first("number", channel.readNumber(account())));
  addSessions(all);
  return all;
}

Json shownEvent(const WebhookEvent& event) {
  static constexpr const char* kKinds[] = {"unknown",
                                           "status",
                                           "inbound",
                                           "number_changed",
                                           "user_id_changed",
                                           "preference",
                                           "template_status",
                                           "template_quality",
                                           "template_changed",
                                           "number_quality",
                                           "capability",
                                           "account",
                                           "error"};
  Json out = {
      {"kind", kKinds[event.what.index()]}, {"field", event.field}, {"number", event.numberId}};
  if (const auto* m = std::get_if<InboundMessage>(&event.what)) {
    out.update({{"id", m->providerMessageId},
                {"from", m->waId},
                {"name", m->profileName},
                {"type", m->type},
                {"text", m->text},
                {"payload", m->payload},
                {"context", m->contextId},
                {"media", m->mediaId},
                {"stop", asksToStop(*m)},
                {"at_ms", toMs(m->at)}});
  } else if (const auto* n = std::get_if<NumberChanged>(&event.what)) {
    out.update({{"from", n->oldWaId}, {"to", n->newWaId}});
  } else if (const auto* u = std::get_if<UnknownEvent>(&event.what)) {
    out["why"] = u->why;
  }
  return out;
}

Json webhooks(const Json& bodies) {
  Json all = Json::array();
  for (const Json& body : bodies) {
    Json events = Json::array();
    for (const WebhookEvent& event : channel.parseWebhook(body.dump())) {
      events.push_back(shownEvent(event));
    }
    all.push_back(std::move(events));
  }
  return all;
}

}  // namespace

int main(int argc, char* argv[]) {
  const std::string what = argc == 2 ? argv[1] : "";
  try {
    if (what == "requests") {
      std::cout << requests().dump() << '\n';
    } else if (what == "webhooks") {
      const std::string input((std::istreambuf_iterator<char>(std::cin)), {});
      std::cout << webhooks(Json::parse(input)).dump() << '\n';
    } else {
      std::cerr << "usage: channel_probe requests | webhooks < bodies.json\n";
      return 2;
    }
  } catch (const std::exception& error) {
    std::cerr << "channel_probe: " << error.what() << '\n';
    return 1;
  }
}
