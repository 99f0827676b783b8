#include <nlohmann/json.hpp>

#include "base/error.h"
#include "channels/whatsapp/whatsapp_channel.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::channels;
using Kind = SessionMessage::Kind;
using nlohmann::json;

namespace {

const whatsapp::WhatsAppChannel channel;
const Account account{"https://graph.facebook.com", "v23.0", "1055", "2066", Secret("t0ken")};

SessionMessage message(Kind kind) {
  SessionMessage m;
  m.kind = kind;
  m.to = "+491701234567";
  m.text = "Hallo";
  return m;
}

json bodyOf(const SessionMessage& m) {
  const auto request = channel.sessionRequest(account, m);
  CHECK(request.method == "POST");
  CHECK(request.url == "https://graph.facebook.com/v23.0/1055/messages");
  return json::parse(std::get<std::string>(request.body));
}

bool isRefused(const SessionMessage& m) {
  try {
    channel.sessionRequest(account, m);
    return false;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::invalidInput;
  }
}

}  // namespace

TEST_CASE("a free text goes to a number or to a user id", "[channels]") {
  SessionMessage m = message(Kind::text);
  m.opaque = "s1.7";
  m.answers = "wamid.1";
  CHECK(bodyOf(m) == json{{"messaging_product", "whatsapp"},
                          {"recipient_type", "individual"},
                          {"to", "+491701234567"},
                          {"type", "text"},
                          {"text", {{"body", "Hallo"}, {"preview_url", false}}},
                          {"context", {{"message_id", "wamid.1"}}},
                          {"biz_opaque_callback_data", "s1.7"}});
  m.to.clear();
  CHECK(isRefused(m));
  m.recipient = "DE.1";
  CHECK(bodyOf(m)["recipient"] == "DE.1");
  CHECK_FALSE(bodyOf(m).contains("to"));
}

TEST_CASE("files are sent by their id, and sounds without a caption", "[channels]") {
  for (const auto& [kind, word] : {std::pair(Kind::video, "video"), std::pair(Kind::image, "image"),
                                   std::pair(Kind::document, "document")}) {
    SessionMessage m = message(kind);
    CHECK(isRefused(m));
    m.mediaId = "M1";
    CHECK(bodyOf(m)["type"] == word);
    CHECK(bodyOf(m)[word] == json{{"id", "M1"}, {"caption", "Hallo"}});
  }
  SessionMessage sound = message(Kind::audio);
  sound.mediaId = "M1";
  CHECK(isRefused(sound));
  sound.text.clear();
  CHECK(bodyOf(sound)["audio"] == json{{"id", "M1"}});
}

TEST_CASE("buttons keep the provider's limits", "[channels]") {
  SessionMessage m = message(Kind::replyButtons);
  CHECK(isRefused(m));
  m.buttons = {{"a", "Ja"}, {"b", "Nein"}, {"c", "Vielleicht"}};
  const json sent = bodyOf(m)["interactive"];
  CHECK(sent["type"] == "button");
  CHECK(sent["action"]["buttons"].size() == 3);
  CHECK(sent["action"]["buttons"][1]["reply"] == json{{"id", "b"}, {"title", "Nein"}});
  m.buttons[0].title = std::string(21, 'x');
  CHECK(isRefused(m));
  m.buttons[0].title = "ä";
  m.buttons.push_back({"d", "Vier"});
  CHECK(isRefused(m));

  SessionMessage link = message(Kind::urlButton);
  link.url = "https://shop.example/";
  link.urlLabel = "Ansehen";
  CHECK(bodyOf(link)["interactive"]["action"]["parameters"]["url"] == "https://shop.example/");
  link.url = "javascript:alert(1)";
  CHECK(isRefused(link));
}

TEST_CASE("texts keep the provider's limits in characters", "[channels]") {
  SessionMessage m = message(Kind::text);
  m.text.clear();
  for (int i = 0; i < 4096; ++i) m.text += "ä";
  CHECK_FALSE(isRefused(m));
  m.text += "ä";
  CHECK(isRefused(m));
  m.text = "x";
  m.opaque = std::string(513, 'x');
  CHECK(isRefused(m));
}

TEST_CASE("a message is marked as read by its id", "[channels]") {
  const auto request = channel.markRead(account, "wamid.1");
  CHECK(json::parse(std::get<std::string>(request.body)) ==
        json{{"messaging_product", "whatsapp"}, {"status", "read"}, {"message_id", "wamid.1"}});
  CHECK_THROWS_AS(channel.markRead(account, ""), Error);
}
