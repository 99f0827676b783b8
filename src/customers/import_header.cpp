#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "customers/customer_input.h"
#include "customers/import_line.h"

namespace clipcourier::customers {
namespace {

struct Alias {
  std::string_view name;
  ImportColumn column;
};

constexpr Alias kAliases[] = {
    {"external_ref", ImportColumn::externalRef},
    {"ref", ImportColumn::externalRef},
    {"customer_number", ImportColumn::externalRef},
    {"kundennummer", ImportColumn::externalRef},
    {"kundennr", ImportColumn::externalRef},
    {"kunden_nr", ImportColumn::externalRef},
    {"name", ImportColumn::name},
    {"full_name", ImportColumn::name},
    {"phone", ImportColumn::phone},
    {"phone_number", ImportColumn::phone},
    {"mobile", ImportColumn::phone},
    {"telefon", ImportColumn::phone},
    {"telefonnummer", ImportColumn::phone},
    {"handy", ImportColumn::phone},
    {"handynummer", ImportColumn::phone},
    {"mobil", ImportColumn::phone},
    {"rufnummer", ImportColumn::phone},
    {"email", ImportColumn::email},
    {"e_mail", ImportColumn::email},
    {"mail", ImportColumn::email},
    {"locale", ImportColumn::locale},
    {"language", ImportColumn::locale},
    {"sprache", ImportColumn::locale},
    {"tags", ImportColumn::tags},
    {"schlagworte", ImportColumn::tags},
    {"schlagwörter", ImportColumn::tags},
    {"consent_channel", ImportColumn::consentChannel},
    {"einwilligung_kanal", ImportColumn::consentChannel},
    {"consent_purpose", ImportColumn::consentPurpose},
    {"einwilligung_zweck", ImportColumn::consentPurpose},
    {"consent_wording", ImportColumn::consentWording},
    {"einwilligung_wortlaut", ImportColumn::consentWording},
    {"consent_at", ImportColumn::consentAt},
    {"einwilligung_am", ImportColumn::consentAt},
    {"consent_source", ImportColumn::consentSource},
    {"einwilligung_quelle", ImportColumn::consentSource},
    {"consent_proof", ImportColumn::consentProof},
    {"einwilligung_nachweis", ImportColumn::consentProof},
};

// "E-Mail" and "Kunden Nr" as the aliases are written.
std::string normalised(std::string_view title) {
  std::string key = text::lower(text::trim(title));
  std::ranges::replace_if(
      key, [](char c) { return c == ' ' || c == '-'; }, '_');
  if (const std::size_t at = key.find("Ö"); at != std::string::npos) key.replace(at, 2, "ö");
  return key;
}

std::optional<ImportHeader::Column> columnOf(const std::string& title) {
  const std::string key = normalised(title);
  for (const std::string_view prefix : {"attr.", "merkmal."})
    if (key.starts_with(prefix)) {
      const auto attribute = cleanAttributeName(key.substr(prefix.size()));
      if (!attribute.ok()) return std::nullopt;
      return ImportHeader::Column{ImportColumn::attribute, title, attribute.value};
    }
  const auto* alias = std::ranges::find(kAliases, key, &Alias::name);
  if (alias == std::end(kAliases)) return std::nullopt;
  return ImportHeader::Column{alias->column, title, ""};
}

ErrorDetail unknownColumn(std::size_t number) {
  return {"import.unknown_column", "column " + std::to_string(number),
          "This column is unknown. Rename it to one of the known columns or to attr.<name>, or "
          "remove it. / Diese Spalte ist unbekannt. Bitte in eine bekannte Spalte oder "
          "attr.<Name> umbenennen oder entfernen."};
}

ErrorDetail columnTwice(std::size_t number) {
  return {"import.column_twice", "column " + std::to_string(number),
          "This column is there twice. Keep one of them. / Diese Spalte kommt doppelt vor. Bitte "
          "nur eine behalten."};
}

ErrorDetail noKeyColumn() {
  return {"import.no_key_column", "",
          "No column says who a line is about. Add external_ref, phone or email. / Keine Spalte "
          "sagt, um wen es geht. Bitte external_ref, phone oder email ergänzen."};
}

}  // namespace

ImportHeader::ImportHeader(const CsvRecord& record) {
  if (!record.fault.empty())
    throw Error(ErrorKind::invalidInput, "the file's header cannot be read (" + record.fault + ")",
                "the first line must hold the column names, as UTF-8 CSV", record.fault);
  std::vector<ErrorDetail> faults;
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    const auto column = columnOf(record.fields[i]);
    const auto same = [&](const Column& c) {
      return c.is == column->is && c.attribute == column->attribute;
    };
    if (!column)
      faults.push_back(unknownColumn(i + 1));
    else if (std::ranges::any_of(columns_, same))
      faults.push_back(columnTwice(i + 1));
    else
      columns_.push_back(*column);
  }
  const bool keyed = std::ranges::any_of(columns_, [](const Column& c) {
    return c.is == ImportColumn::externalRef || c.is == ImportColumn::phone ||
           c.is == ImportColumn::email;
  });
  if (!keyed) faults.push_back(noKeyColumn());
  if (!faults.empty())
    throw Error(ErrorKind::invalidInput, "the file's columns are not what an import understands",
                "columns are external_ref, name, phone, email, locale, tags, attr.<name>, "
                "consent_channel, consent_purpose, consent_wording, consent_at, consent_source, "
                "consent_proof",
                "import.columns")
        .with(std::move(faults));
}

const std::string& ImportHeader::title(ImportColumn column) const {
  static const std::string none;
  const auto found = std::ranges::find(columns_, column, &Column::is);
  return found == columns_.end() ? none : found->title;
}

}  // namespace clipcourier::customers
