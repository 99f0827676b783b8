// Messages without a template, and read marks.
#include <algorithm>

#include "base/error.h"
#include "channels/whatsapp/graph.h"
#include "channels/whatsapp/whatsapp_channel.h"

namespace clipcourier::channels::whatsapp {

namespace {

// In characters, as the provider counts them.
constexpr std::size_t kMaxText = 4096, kMaxCaption = 1024, kMaxTitle = 20, kMaxFooter = 60,
                      kMaxId = 256, kMaxUrl = 2000, kMaxOpaque = 512;
constexpr std::size_t kMaxButtons = 3, kMaxContacts = 5;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::invalidInput, what, "Correct the message.", "session.invalid");
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

const std::string& required(const std::string& text, std::size_t most, const char* what) {
  if (text.empty() || characters(text) > most)
    refuse(std::string(what) + " is empty or longer than " + std::to_string(most) + " characters");
  return text;
}

Json media(const SessionMessage& message, const char* kind) {
  Json object = {{"id", required(message.mediaId, kMaxId, "the media id")}};
  if (!message.text.empty()) {
    if (message.kind == SessionMessage::Kind::audio) refuse("a sound has no caption");
    object["caption"] = required(message.text, kMaxCaption, "the caption");
  }
  if (message.kind == SessionMessage::Kind::document && !message.fileName.empty())
    object["filename"] = required(message.fileName, kMaxId, "the file name");
  return {{"type", kind}, {kind, std::move(object)}};
}

Json contacts(const SessionMessage& message) {
  if (message.contacts.empty() || message.contacts.size() > kMaxContacts)
    refuse("a message shares 1 to 5 contacts");
  Json list = Json::array();
  for (const SharedContact& contact : message.contacts)
    list.push_back(
        {{"name",
          {{"formatted_name", required(contact.name, kMaxId, "a contact's name")},
           {"first_name", contact.name}}},
         {"phones", Json::array({{{"phone", required(contact.phone, kMaxTitle, "a phone number")},
                                  {"type", "WORK"}}})}});
  return {{"type", "contacts"}, {"contacts", std::move(list)}};
}

Json interactive(const SessionMessage& message, const char* type, Json action) {
  Json object = {{"type", type},
                 {"body", {{"text", required(message.text, kMaxCaption, "the text")}}},
                 {"action", std::move(action)}};
  if (!message.footer.empty())
    object["footer"] = {{"text", required(message.footer, kMaxFooter, "the footer")}};
  return {{"type", "interactive"}, {"interactive", std::move(object)}};
}

Json replyButtons(const SessionMessage& message) {
  if (message.buttons.empty() || message.buttons.size() > kMaxButtons)
    refuse("a message has 1 to 3 reply buttons");
  Json buttons = Json::array();
  for (const ReplyButton& button : message.buttons)
    buttons.push_back({{"type", "reply"},
                       {"reply",
                        {{"id", required(button.id, kMaxId, "a button's id")},
                         {"title", required(button.title, kMaxTitle, "a button's title")}}}});
  return interactive(message, "button", {{"buttons", std::move(buttons)}});
}

Json urlButton(const SessionMessage& message) {
  if (!message.url.starts_with("https://") && !message.url.starts_with("http://"))
    refuse("the button's address is no http or https URL");
  return interactive(
      message, "cta_url",
      {{"name", "cta_url"},
       {"parameters",
        {{"display_text", required(message.urlLabel, kMaxTitle, "the button's title")},
         {"url", required(message.url, kMaxUrl, "the button's address")}}}});
}

Json content(const SessionMessage& message) {
  using Kind = SessionMessage::Kind;
  switch (message.kind) {
    case Kind::text:
      return {{"type", "text"},
              {"text",
               {{"body", required(message.text, kMaxText, "the text")}, {"preview_url", false}}}};
    case Kind::video: return media(message, "video");
    case Kind::image: return media(message, "image");
    case Kind::document: return media(message, "document");
    case Kind::audio: return media(message, "audio");
    case Kind::contacts: return contacts(message);
    case Kind::replyButtons: return replyButtons(message);
    case Kind::urlButton: return urlButton(message);
  }
  refuse("there is no such kind of message");
}

net::HttpRequest post(const Account& account, const Json& body) {
  net::HttpRequest request =
      graphRequest(account, "POST", graphUrl(account, {account.numberId, "messages"}));
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = dump(body);
  return request;
}

}  // namespace

net::HttpRequest WhatsAppChannel::sessionRequest(const Account& account,
                                                 const SessionMessage& message) const {
  if (message.to.empty() && message.recipient.empty()) refuse("the message has no recipient");
  if (message.opaque.size() > kMaxOpaque) refuse("the opaque text is longer than 512 bytes");
  Json body = content(message);
  body["messaging_product"] = "whatsapp";
  body["recipient_type"] = "individual";
  if (!message.to.empty())
    body["to"] = message.to;
  else
    body["recipient"] = message.recipient;
  if (!message.answers.empty()) body["context"] = {{"message_id", message.answers}};
  if (!message.opaque.empty()) body["biz_opaque_callback_data"] = message.opaque;
  return post(account, body);
}

net::HttpRequest WhatsAppChannel::markRead(const Account& account,
                                           const std::string& providerMessageId) const {
  return post(account, {{"messaging_product", "whatsapp"},
                        {"status", "read"},
                        {"message_id", required(providerMessageId, kMaxId, "the message's id")}});
}

}  // namespace clipcourier::channels::whatsapp
