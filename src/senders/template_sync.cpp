#include "senders/template_sync.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "channels/channel.h"
#include "senders/exchange_runner.h"
#include "senders/template_repository.h"

namespace clipcourier::senders {

namespace {

constexpr std::size_t kChunk = 50;  // rows of one transaction: far below its 20 ms

void count(TemplateSyncResult& result, TemplateRepository::Change change) {
  switch (change) {
    case TemplateRepository::Change::none: ++result.unchanged; break;
    case TemplateRepository::Change::added: ++result.added; break;
    case TemplateRepository::Change::changed: ++result.changed; break;
  }
}

}  // namespace

TemplateRepository::Change TemplateSync::put(db::Transaction& tx, SenderId sender,
                                             const channels::Template& listed,
                                             TimePoint now) const {
  TemplateRepository templates(tx);
  const auto before = templates.find(sender, listed.name, listed.language);
  const auto change = templates.put(sender, listed, now);
  if (!changed_ || change == TemplateRepository::Change::none) return change;
  const auto after = templates.find(sender, listed.name, listed.language);
  if ((before && before->usable()) || after->usable()) changed_(tx, *after, now);
  return change;
}

TemplateSyncResult TemplateSync::run(SenderId id, const Actor& actor) {
  const auto sender = directory_.get(id);
  const auto listing = sender->channel->listTemplates(sender->account);
  // Taken before the list, so that a sync that began later is never undone by this one.
  const TimePoint now = clock_.now();
  const auto listed = requireExchange(http_, *listing, "sync the templates");

  TemplateSyncResult total;
  for (std::size_t from = 0; from < listed.size(); from += kChunk) {
    const std::size_t to = std::min(from + kChunk, listed.size());
    const auto changes = database_.write([&](db::Transaction& tx) {
      TemplateSyncResult part;
      for (std::size_t i = from; i < to; ++i) count(part, put(tx, id, listed[i], now));
      return part;
    });
    total.added += changes.added;
    total.changed += changes.changed;
    total.unchanged += changes.unchanged;
  }
  database_.write([&](db::Transaction& tx) {
    total.missing = static_cast<int>(TemplateRepository(tx).markMissing(id, now));
    users::AuditLog(clock_).record(tx, actor, "sender.sync_templates", "sender", id.value,
                                   {{"added", total.added},
                                    {"changed", total.changed},
                                    {"unchanged", total.unchanged},
                                    {"missing", total.missing}});
  });
  return total;
}

}  // namespace clipcourier::senders
