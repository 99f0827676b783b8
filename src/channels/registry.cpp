#include "channels/registry.h"

#include "base/error.h"
#include "channels/whatsapp/whatsapp_channel.h"

namespace clipcourier::channels {

const std::vector<const Channel*>& all() {
  static const whatsapp::WhatsAppChannel whatsApp;
  static const std::vector<const Channel*> channels = {&whatsApp};
  return channels;
}

const Channel* find(std::string_view name) {
  for (const Channel* channel : all()) {
    if (channel->name() == name) return channel;
  }
  return nullptr;
}

const Channel& get(std::string_view name) {
  if (const Channel* channel = find(name)) return *channel;
  std::string known;
  for (const Channel* channel : all()) {
    known.append(known.empty() ? "" : ", ").append(channel->name());
  }
  throw Error(ErrorKind::invalidInput, "there is no such channel",
              "The channels are: " + known + ".", "channel.unknown");
}

}  // namespace clipcourier::channels
