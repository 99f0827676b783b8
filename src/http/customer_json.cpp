#include "http/customer_json.h"

#include <nlohmann/json.hpp>

#include "customers/problem.h"
#include "http/json_fields.h"

namespace clipcourier::http {
namespace {

using nlohmann::json;
using namespace customers;

json orNull(const std::optional<std::string>& text) { return text ? json(*text) : json(); }

// A text that may be taken away by null; none when it is not there at all.
std::optional<std::string> patchText(JsonFields& fields, const json& patch, const char* name) {
  const json value = fields.value(name);
  if (!patch.contains(name)) return std::nullopt;
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  fields.mistake(name, "must be a text or null");
  return std::nullopt;
}

// An object of texts, each of which may be null.
std::map<std::string, std::optional<std::string>> patchMap(JsonFields& fields, const char* name) {
  std::map<std::string, std::optional<std::string>> result;
  const json value = fields.value(name);
  if (!value.is_null() && !value.is_object()) fields.mistake(name, "must be an object of texts");
  if (!value.is_object()) return result;
  for (const auto& [key, entry] : value.items()) {
    if (entry.is_string())
      result[key] = entry.get<std::string>();
    else if (entry.is_null())
      result[key] = std::nullopt;
    else
      fields.mistake(name, "each value must be a text or null");
  }
  return result;
}

void patchIdentities(JsonFields& fields, CustomerData& data) {
  for (const auto& [key, value] : patchMap(fields, "identities")) {
    const auto kind = identityKind(key);
    if (!kind) {
      fields.mistake("identities", problemText("identity.unknown_kind").en);
      continue;
    }
    std::erase_if(data.identities, [&](const Identity& i) { return i.kind == *kind; });
    if (value) data.identities.push_back({*kind, *value});
  }
}

void patchAttributes(JsonFields& fields, CustomerData& data) {
  for (const auto& [key, value] : patchMap(fields, "attributes")) {
    data.attributes.erase(key);
    if (value) data.attributes[key] = *value;
  }
}

void patchTags(JsonFields& fields, const json& patch, CustomerData& data) {
  const json tags = fields.value("tags");
  if (!patch.contains("tags")) return;
  data.tags.clear();
  if (tags.is_null()) return;
  const bool texts =
      tags.is_array() && std::ranges::all_of(tags, [](const json& t) { return t.is_string(); });
  if (texts)
    data.tags = tags.get<std::vector<std::string>>();
  else
    fields.mistake("tags", "must be a list of texts");
}

}  // namespace

void applyPatch(const json& patch, CustomerData& data) {
  JsonFields fields(patch);
  if (const auto ref = patchText(fields, patch, "external_ref")) {
    data.externalRef.reset();
    if (!ref->empty()) data.externalRef = *ref;
  }
  if (const auto text = patchText(fields, patch, "name")) data.name = *text;
  if (const auto text = patchText(fields, patch, "locale")) data.locale = *text;
  patchIdentities(fields, data);
  patchTags(fields, patch, data);
  patchAttributes(fields, data);
  fields.check();
}

json toJson(const Customer& c) {
  json identities = json::object();
  for (const Identity& i : c.identities) identities[std::string(name(i.kind))] = i.value;
  return {{"id", c.id.value},
          {"external_ref", orNull(c.externalRef)},
          {"name", c.name},
          {"locale", c.locale},
          {"identities", std::move(identities)},
          {"tags", c.tags},
          {"attributes", c.attributes},
          {"version", c.version},
          {"created_at", toIso(c.createdAt)},
          {"updated_at", toIso(c.updatedAt)}};
}

json toJson(const Consent& c) {
  return {{"id", c.id.value},
          {"channel", c.channel},
          {"purpose", c.purpose},
          {"state", name(c.state)},
          {"wording_id", c.wording ? json(c.wording->value) : json()},
          {"tracking", c.tracking},
          {"ledger_seq", c.ledgerSeq},
          {"changed_at", toIso(c.changedAt)}};
}

json toJson(const LedgerEntry& entry) {
  json fact;  // null once erased
  if (entry.payload) fact = json::parse(*entry.payload, nullptr, false);
  return {{"seq", entry.seq},
          {"recorded_at", toIso(entry.createdAt)},
          {"fact", fact.is_discarded() ? json() : std::move(fact)},
          {"payload", orNull(entry.payload)},
          {"salt", orNull(entry.salt)},
          {"payload_hash", entry.payloadHash},
          {"chain", entry.chain}};
}

json toJson(const Wording& w) {
  return {{"id", w.id.value},
          {"name", w.name},
          {"version", w.version},
          {"language", w.language},
          {"reference", w.name + "@" + std::to_string(w.version) + "/" + w.language},
          {"purpose", w.purpose},
          {"channels", w.channels},
          {"tracking", w.tracking},
          {"text", w.text},
          {"created_at", toIso(w.createdAt)}};
}

json toJson(const Import& i) {
  json error;
  if (i.state == ImportState::failed)
    error = {{"code", i.errorCode}, {"what", i.error}, {"hint", i.hint}};
  return {{"id", i.id.value},
          {"state", name(i.state)},
          {"dry_run", i.dryRun},
          {"file_sha256", i.fileSha256},
          {"bytes_total", i.bytesTotal},
          {"bytes_done", i.bytesDone},
          {"lines_done", i.linesDone},
          {"counts",
           {{"created", i.counts.created},
            {"updated", i.counts.updated},
            {"unchanged", i.counts.unchanged},
            {"consents_given", i.counts.consentsGiven},
            {"kept_withdrawn", i.counts.keptWithdrawn},
            {"unproven", i.counts.unproven},
            {"bad_lines", i.counts.badLines}}},
          {"error", std::move(error)},
          {"created_at", toIso(i.createdAt)},
          {"finished_at", i.finishedAt ? json(toIso(*i.finishedAt)) : json()}};
}

json toJson(const ImportProblem& p) {
  const ProblemText& words = problemText(p.code);
  return {{"line", p.line},
          {"column", p.column},
          {"code", p.code},
          {"refused", p.refused},
          {"other_line", p.otherLine > 0 ? json(p.otherLine) : json()},
          {"customer_ids", p.customerIds},
          {"text", {{"de", words.de}, {"en", words.en}}}};
}

}  // namespace clipcourier::http
