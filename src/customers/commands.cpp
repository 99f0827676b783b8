#include "customers/commands.h"

#include <nlohmann/json.hpp>

#include "customers/consent_verifier.h"

namespace clipcourier::customers {
namespace {

constexpr int kPage = 500;

void printProblems(const ImportService& imports, ImportId id, const std::string& language,
                   std::ostream& out) {
  for (std::int64_t after = 0;;) {
    const auto page = imports.problems(id, after, kPage);
    for (const ReportedProblem& reported : page) out << toText(reported.problem, language) << "\n";
    if (page.size() < kPage) return;
    after = page.back().number;
  }
}

}  // namespace

int runImport(db::Database& database, const ImportService& imports, const users::AuditLog& audit,
              const ImportCommand& command, std::ostream& out) {
  const Actor actor{"cli", "", ""};
  const Import inspected = imports.inspect(command.file, command.dryRun);
  const ImportId id = database.write([&](db::Transaction& tx) {
    const ImportId added = imports.add(tx, inspected);
    audit.record(tx, actor, "import.started", "import", added.value,
                 {{"file_sha256", inspected.fileSha256}, {"dry_run", command.dryRun}});
    return added;
  });
  const Import done = imports.run(id, actor);
  printProblems(imports, id, command.language, out);
  out << toText(done) << std::flush;
  return done.counts.badLines == 0 ? 0 : 2;
}

int runConsentVerify(db::Database& database, const crypto::KeyRing& keys, std::ostream& out) {
  const ConsentReport report = ConsentVerifier(database, keys).verify();
  out << toText(report) << std::flush;
  return report.whole() ? 0 : 2;
}

}  // namespace clipcourier::customers
