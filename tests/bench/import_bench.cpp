// How fast a customer file is imported: bench_import sqlite|postgresql [LINES]
//
// Prints the first import (all new, each with a proven consent), the same file again (nothing
// changes), the check of the whole ledger, and the most memory this process had.

#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <iostream>

#include "customers/consent_verifier.h"
#include "customers/import_service.h"
#include "customers/wording_repository.h"
#include "support/temp_folder.h"
#include "support/test_database.h"

using namespace clipcourier;
using namespace clipcourier::customers;

namespace {

std::string writeFile(const TempFolder& folder, int lines) {
  const std::string path = folder / "customers.csv";
  std::ofstream file(path, std::ios::binary);
  file << "external_ref,name,phone,email,locale,tags,attr.city,consent_channel,consent_purpose,"
          "consent_wording,consent_at,consent_source,consent_proof\n";
  for (int i = 0; i < lines; ++i) {
    const std::string n = std::to_string(10'000'000 + i);
    file << "K-" << n << ",Person " << n << ",+49151" << n << ",person" << n
         << "@example.org,de,halm-7|newsletter,Weimar,whatsapp,marketing,offers@1,"
            "2026-01-10T18:45:00+01:00,webform,Formular "
         << n << "\n";
  }
  return path;
}

double secondsOf(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Wording offers() {
  Wording w;
  w.name = "offers";
  w.language = "de";
  w.purpose = "marketing";
  w.channels = {"whatsapp"};
  w.text = "Ja.";
  return w;
}

}  // namespace

int main(int argc, char** argv) {
  const bool postgres = argc > 1 && std::string(argv[1]) == "postgresql";
  const int lines = argc > 2 ? std::stoi(argv[2]) : 100'000;
  TestDatabase database(postgres ? db::Engine::postgresql : db::Engine::sqlite);
  const SystemClock clock;
  const crypto::KeyRing keys{Secret("a key for measuring, of enough length")};
  const ConsentService consents(keys, clock);
  const ImportService imports(*database, consents, clock);
  database->write([&](db::Transaction& tx) { WordingRepository(tx).add(offers(), clock.now()); });
  const TempFolder folder;
  const std::string path = writeFile(folder, lines);
  for (const char* what : {"first import", "same again"}) {
    Import import;
    const double seconds = secondsOf([&] {
      const Import inspected = imports.inspect(path, false);
      const ImportId id =
          database->write([&](db::Transaction& tx) { return imports.add(tx, inspected); });
      import = imports.run(id, {"cli", "", ""});
    });
    std::cout << what << ": " << seconds << " s, " << lines / seconds << " lines/s; created "
              << import.counts.created << ", unchanged " << import.counts.unchanged << ", consents "
              << import.counts.consentsGiven << ", bad " << import.counts.badLines << "\n";
  }
  ConsentReport report;
  const double seconds = secondsOf([&] { report = ConsentVerifier(*database, keys).verify(); });
  std::cout << "verify: " << seconds << " s, " << (report.whole() ? "whole" : "BROKEN") << "\n";
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << "most memory: " << usage.ru_maxrss / 1024 << " MiB\n";
  return report.whole() ? 0 : 1;
}
