#include "customers/import_chunk.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "customers/customer_input.h"

namespace clipcourier::customers {
namespace {

void setIdentity(Customer& customer, const Identity& identity) {
  auto& all = customer.identities;
  const auto same = std::ranges::find(all, identity.kind, &Identity::kind);
  if (same == all.end()) {
    all.push_back(identity);
  } else if (same->value != identity.value) {
    // The WhatsApp id of a number goes with it.
    const Identity stale{IdentityKind::whatsapp, same->value.substr(1)};
    same->value = identity.value;
    if (identity.kind == IdentityKind::phone) std::erase(all, stale);
  }
  std::ranges::sort(all);
}

// The customer as it is after the line. What the line leaves empty stays.
Customer merged(Customer customer, const CustomerData& line) {
  if (line.externalRef) customer.externalRef = line.externalRef;
  if (!line.name.empty()) customer.name = line.name;
  if (!line.locale.empty()) customer.locale = line.locale;
  for (const Identity& identity : line.identities) setIdentity(customer, identity);
  std::vector<std::string> tags;
  std::ranges::set_union(customer.tags, line.tags, std::back_inserter(tags));
  customer.tags = std::move(tags);
  for (const auto& [key, value] : line.attributes) customer.attributes[key] = value;
  return customer;
}

std::size_t bytesOf(const Attributes& attributes) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : attributes) bytes += key.size() + value.size();
  return bytes;
}

}  // namespace

std::string customerKey(CustomerId id) { return "id:" + std::to_string(id.value); }

ChunkResult ImportChunk::write(const std::vector<ImportLine>& lines) {
  readOwners(lines);
  for (const ImportLine& line : lines) plan(line);
  writeCustomers();
  writeConsents();
  for (const auto& [customer, line] : touched_) result_.touched.emplace_back(customer, line);
  return std::move(result_);
}

void ImportChunk::tell(const ImportLine& line, const std::string& column, const std::string& code,
                       bool refused, std::int64_t otherLine, std::vector<CustomerId> customers) {
  ImportProblem problem{line.line, column, code, refused, otherLine, {}};
  for (const CustomerId id : customers) problem.customerIds.push_back(id.value);
  result_.problems.push_back(std::move(problem));
  if (refused) ++result_.counts.badLines;
}

void ImportChunk::readOwners(const std::vector<ImportLine>& lines) {
  std::vector<Identity> identities;
  std::vector<std::string> refs;
  for (const ImportLine& line : lines) {
    if (line.customer.externalRef) refs.push_back(*line.customer.externalRef);
    identities.insert(identities.end(), line.customer.identities.begin(),
                      line.customer.identities.end());
    // A person known by WhatsApp alone is the one with that number.
    for (const Identity& i : line.customer.identities)
      if (i.kind == IdentityKind::phone)
        identities.push_back({IdentityKind::whatsapp, i.value.substr(1)});
  }
  std::set<CustomerId> ids;
  for (auto& owner : repository_.owners(identities)) {
    ids.insert(owner.customer);
    owners_.emplace(std::move(owner.identity), owner.customer);
  }
  for (auto& owner : repository_.ownersOfRefs(refs)) {
    ids.insert(owner.customer);
    refs_.emplace(std::move(owner.externalRef), owner.customer);
  }
  for (Customer& c : repository_.load({ids.begin(), ids.end()})) {
    const CustomerId id = c.id;
    known_.emplace(id, std::move(c));
  }
}

// Whom the line's values belong to: nobody, one, or too many.
std::vector<CustomerId> ImportChunk::ownersOf(const ImportLine& line) const {
  std::set<CustomerId> found;
  const auto look = [&](const auto& map, const auto& key) {
    if (const auto it = map.find(key); it != map.end()) found.insert(it->second);
  };
  if (line.customer.externalRef) look(refs_, *line.customer.externalRef);
  for (const Identity& i : line.customer.identities) {
    look(owners_, i);
    if (i.kind == IdentityKind::phone)
      look(owners_, Identity{IdentityKind::whatsapp, i.value.substr(1)});
  }
  return {found.begin(), found.end()};
}

void ImportChunk::plan(const ImportLine& line) {
  const auto owners = ownersOf(line);
  if (owners.size() > 1) return tell(line, "", "line.two_customers", true, 0, owners);
  Target target{&line, {}, Target::Is::created};
  if (owners.empty()) {
    static_cast<CustomerData&>(target.customer) = line.customer;
  } else {
    const Customer& before = known_.at(owners[0]);
    if (!mayChange(line, before)) return;
    target.customer = merged(before, line.customer);
    const CustomerData &old = before, &changed = target.customer;
    target.is = old == changed ? Target::Is::unchanged : Target::Is::updated;
    touched_.emplace(owners[0], line.line);
  }
  targets_.push_back(std::move(target));
}

// False, and told, when the line cannot be about this customer after all.
bool ImportChunk::mayChange(const ImportLine& line, const Customer& customer) {
  const auto here = touched_.find(customer.id);
  const std::int64_t other =
      here != touched_.end() ? here->second : scope_.seen.lineOf(customerKey(customer.id));
  const auto& ref = line.customer.externalRef;
  const Customer after = merged(customer, line.customer);
  if (other != 0)
    tell(line, "", "line.duplicate", true, other, {customer.id});
  else if (ref && customer.externalRef && *ref != *customer.externalRef)
    tell(line, scope_.header.title(ImportColumn::externalRef), "line.other_ref", true, 0,
         {customer.id});
  else if (after.tags.size() > limit::kTags)
    tell(line, scope_.header.title(ImportColumn::tags), "tags.too_many", true);
  else if (after.attributes.size() > limit::kAttributes ||
           bytesOf(after.attributes) > limit::kAttributesBytes)
    tell(line, "", "attributes.too_many", true);
  else
    return true;
  return false;
}

void ImportChunk::writeCustomers() {
  std::vector<Customer> created, updated;
  for (const Target& t : targets_) {
    if (t.is == Target::Is::created) created.push_back(t.customer);
    if (t.is == Target::Is::updated) updated.push_back(t.customer);
  }
  repository_.replace(updated, scope_.now);  // first: it may set addresses free
  repository_.insert(created, scope_.now);
  auto next = created.begin();
  for (Target& t : targets_)
    if (t.is == Target::Is::created) t.customer.id = (next++)->id;
  result_.counts.created += static_cast<std::int64_t>(created.size());
  result_.counts.updated += static_cast<std::int64_t>(updated.size());
  result_.counts.unchanged +=
      static_cast<std::int64_t>(targets_.size() - created.size() - updated.size());
}

void ImportChunk::writeConsents() {
  std::vector<ConsentFact> facts;
  std::vector<const ImportLine*> lines;  // of each fact
  for (const Target& target : targets_)
    if (target.line->consent) planConsents(target, facts, lines);
  const auto outcomes = scope_.consents.recordImported(tx_, facts);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].verdict == Verdict::record) ++result_.counts.consentsGiven;
    if (outcomes[i].verdict != Verdict::keptWithdrawn) continue;
    ++result_.counts.keptWithdrawn;
    tell(*lines[i], scope_.header.title(ImportColumn::consentChannel), "consent.kept_withdrawn",
         false, 0, {facts[i].customer});
  }
}

void ImportChunk::planConsents(const Target& target, std::vector<ConsentFact>& facts,
                               std::vector<const ImportLine*>& lines) {
  const ImportConsent& consent = *target.line->consent;
  std::string fault;
  const Wording* wording = wordingFor(target, fault);
  if (!fault.empty()) {
    ++result_.counts.unproven;
    const bool aboutWording = fault != "consent.unproven";
    return tell(*target.line,
                scope_.header.title(aboutWording ? ImportColumn::consentWording
                                                 : ImportColumn::consentChannel),
                fault, false);
  }
  for (const std::string& channel : consent.channels) {
    ConsentFact fact;
    fact.customer = target.customer.id;
    fact.channel = channel;
    fact.purpose = consent.purpose;
    fact.becomes = ConsentState::given;
    fact.wording = *wording;
    fact.proof = {"import", consent.source, consent.proof};
    fact.at = *consent.at;
    fact.actor = scope_.actor;
    facts.push_back(std::move(fact));
    lines.push_back(target.line);
  }
}

// The wording in the customer's language, else in the fallback's, else in the only one there is.
const Wording* ImportChunk::wordingFor(const Target& target, std::string& fault) const {
  const ImportConsent& consent = *target.line->consent;
  fault = "consent.unproven";
  if (!consent.complete()) return nullptr;
  fault = "consent.wording_unknown";
  const auto named = scope_.wordings.find(consent.wording);
  if (named == scope_.wordings.end() || named->second.empty()) return nullptr;
  const auto& all = named->second;
  const auto language = text::language(target.customer.locale).value_or("");
  auto spoken = std::ranges::find(all, language, &Wording::language);
  if (spoken == all.end())
    spoken = std::ranges::find(all, scope_.wordingLanguage, &Wording::language);
  if (spoken == all.end() && all.size() > 1) return nullptr;
  const Wording& wording = spoken == all.end() ? all.front() : *spoken;
  fault = "consent.wording_mismatch";
  const bool covers = std::ranges::all_of(consent.channels, [&](const std::string& channel) {
    return std::ranges::find(wording.channels, channel) != wording.channels.end();
  });
  if (!covers || wording.purpose != consent.purpose) return nullptr;
  fault.clear();
  return &wording;
}

}  // namespace clipcourier::customers
