#include "campaigns/supplies.h"

#include <algorithm>

#include "base/error.h"
#include "messages/holds.h"
#include "senders/media_ledger.h"
#include "senders/template_repository.h"

namespace clipcourier::campaigns {
namespace {

using messages::Supplies;

bool isHeld(const std::vector<messages::Hold>& holds, const std::string& key) {
  return std::ranges::any_of(holds, [&](const messages::Hold& hold) {
    return hold.scope == "template" && hold.key == key;
  });
}

}  // namespace

messages::SupplySource supplySource(
    db::Database& database, senders::SenderDirectory& senders, const Clock& clock,
    std::function<void(SenderId, const std::string& sha256)> wantMedia) {
  return [&database, &senders, &clock, wantMedia = std::move(wantMedia)](
             const messages::Lane& lane) -> messages::SuppliesOrReason {
    std::shared_ptr<const senders::ReadySender> sender;
    try {
      sender = senders.get(lane.sender);
    } catch (const Error&) {
      return "sender_unavailable";
    }
    Supplies supplies;
    supplies.channel = sender->channel;
    supplies.account = sender->account;
    const TimePoint now = clock.now();
    const std::string reason = database.read([&](db::Connection& connection) -> std::string {
      const auto holds = messages::HoldRepository(connection).active(now);
      for (messages::Content& content : messages::ContentRepository(connection).of(lane.campaign)) {
        const auto text = senders::TemplateRepository(connection)
                              .find(lane.sender, content.templateName, content.templateLanguage);
        const std::string language = content.language;
        if (!text || !text->usable()) {
          supplies.waiting[language] = "template_not_approved";
          continue;
        }
        if (isHeld(holds, messages::templateKey(lane.sender, content.templateName,
                                                content.templateLanguage))) {
          supplies.waiting[language] = "template_held";
          continue;
        }
        const auto media =
            senders::MediaLedger::usable(connection, lane.sender, content.clipSha256, now);
        if (!media) {
          wantMedia(lane.sender, content.clipSha256);
          supplies.waiting[language] = "media_missing";
          continue;
        }
        supplies.languages[language] = {std::move(content), text->what, *media};
      }
      if (!supplies.languages.empty()) return "";
      return supplies.waiting.empty() ? "content_missing" : supplies.waiting.begin()->second;
    });
    if (!reason.empty()) return reason;
    return supplies;
  };
}

}  // namespace clipcourier::campaigns
