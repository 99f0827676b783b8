#include <iostream>

#include "commands/commands.h"
#include "commands/opened.h"
#include "tracking/counter_audit.h"
#include "users/audit_log.h"

namespace clipcourier::commands {
namespace {

constexpr int kDifferent = 2;

// Whether the counters of this campaign are right at the end.
bool verify(const tracking::CounterAudit& audit, CampaignId id, bool repair) {
  tracking::CounterCheck check = audit.verify(id);
  std::cout << toText(check) << std::flush;
  if (check.differences.empty() || !repair) return check.differences.empty();
  audit.repair(check, Actor{"cli", "", ""});
  check = audit.verify(id);
  std::cout << "  repaired; " << toText(check) << std::flush;
  return check.differences.empty();
}

}  // namespace

int counters(const Arguments& arguments) {
  Options options("counters verify [--campaign ID] [--repair]",
                  "Compares the counters of every launched campaign with its messages, one "
                  "campaign after the other, also\nbeside a running service. Exit code 2 when "
                  "counters are wrong at the end.");
  options.value("campaign", "ID", "only this campaign");
  options.flag("repair", "set wrong counters right, and write that into the audit log");
  if (!options.parse(arguments, 1, 1)) return 0;
  if (options.words().front() != "verify")
    throw UsageError{"'" + options.words().front() + "': say verify"};
  std::vector<CampaignId> campaigns;
  if (options.has("campaign")) campaigns.push_back({options.requireNumber("campaign")});
  Opened opened(options);
  const users::AuditLog auditLog(opened.clock);
  const tracking::CounterAudit audit(opened.database, auditLog, opened.clock);
  if (campaigns.empty()) campaigns = audit.launched();
  bool right = true;
  for (const CampaignId id : campaigns) right = verify(audit, id, options.has("repair")) && right;
  if (!right && !options.has("repair"))
    std::cout << "Set them right with: clipcourier counters verify --repair\n";
  return right ? 0 : kDifferent;
}

}  // namespace clipcourier::commands
