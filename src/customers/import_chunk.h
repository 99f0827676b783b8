#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "customers/consent_service.h"
#include "customers/customer_repository.h"
#include "customers/import.h"
#include "customers/import_line.h"
#include "customers/seen_keys.h"

namespace clipcourier::customers {

// Wordings by how a file names them ("name@version"), in all their languages.
using WordingsByName = std::map<std::string, std::vector<Wording>>;

// What all chunks of one import share; borrowed.
struct ImportScope {
  const ConsentService& consents;
  const WordingsByName& wordings;  // all that the lines name
  const ImportHeader& header;
  const std::string& wordingLanguage;  // when the customer's own is not there
  const SeenKeys& seen;                // customers of earlier lines, by customerKey()
  Actor actor;
  TimePoint now;
};
std::string customerKey(CustomerId id);

// What became of some lines.
struct ChunkResult {
  ImportCounts counts;
  std::vector<ImportProblem> problems;
  std::vector<std::pair<CustomerId, std::int64_t>> touched;  // which line each customer stood in
                                                             // that was there before
};

// Writes some lines of a file in one transaction, with a few statements for all of them. The lines
// must be good and name nobody twice. A customer that exists is updated: what the line does not say
// stays, tags are added, an address replaces the one of its kind. Throws Error(conflict) when
// somebody else takes an address meanwhile; the transaction is then to be repeated. Used once.
class ImportChunk {
 public:
  ImportChunk(db::Transaction& tx, const ImportScope& scope)
      : tx_(tx), repository_(tx), scope_(scope) {}

  ChunkResult write(const std::vector<ImportLine>& lines);

 private:
  struct Target {  // a line, and the customer it is about as it should be afterwards
    const ImportLine* line = nullptr;
    Customer customer;
    enum class Is { created, updated, unchanged } is = Is::created;
  };
  void readOwners(const std::vector<ImportLine>& lines);
  std::vector<CustomerId> ownersOf(const ImportLine& line) const;
  void plan(const ImportLine& line);
  bool mayChange(const ImportLine& line, const Customer& customer);
  void writeCustomers();
  void writeConsents();
  void planConsents(const Target& target, std::vector<ConsentFact>& facts,
                    std::vector<const ImportLine*>& lines);
  const Wording* wordingFor(const Target& target, std::string& fault) const;
  void tell(const ImportLine& line, const std::string& column, const std::string& code,
            bool refused, std::int64_t otherLine = 0, std::vector<CustomerId> customers = {});

  db::Transaction& tx_;
  CustomerRepository repository_;
  const ImportScope& scope_;
  std::map<Identity, CustomerId> owners_;
  std::map<std::string, CustomerId> refs_;
  std::unordered_map<CustomerId, Customer> known_;
  std::unordered_map<CustomerId, std::int64_t> touched_;
  std::vector<Target> targets_;
  ChunkResult result_;
};

}  // namespace clipcourier::customers
