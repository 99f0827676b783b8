#include "customers/problem.h"

namespace clipcourier::customers {
namespace {

constexpr ProblemText kTexts[] = {
    {"csv.open_quote",
     "A quotation mark is opened and not closed. Close it, or double it inside text.",
     "Ein Anführungszeichen wird geöffnet und nicht geschlossen. Bitte schließen oder im Text "
     "verdoppeln."},
    {"csv.stray_quote",
     "A quotation mark stands inside a field. Put the whole field in quotes and double the mark.",
     "Ein Anführungszeichen steht mitten im Feld. Bitte das ganze Feld in Anführungszeichen setzen "
     "und das Zeichen verdoppeln."},
    {"csv.nul", "The line holds a NUL byte, which no text has. Export the file again as CSV UTF-8.",
     "Die Zeile enthält ein NUL-Byte, das in keinem Text vorkommt. Bitte die Datei neu als CSV "
     "UTF-8 exportieren."},
    {"csv.not_utf8", "The text is not UTF-8. Save the file as CSV UTF-8 and import it again.",
     "Der Text ist kein UTF-8. Bitte die Datei als CSV UTF-8 speichern und erneut importieren."},
    {"csv.line_too_long",
     "The line is longer than 16 KB. Check for a missing line end, or shorten it.",
     "Die Zeile ist länger als 16 KB. Bitte auf ein fehlendes Zeilenende prüfen oder kürzen."},
    {"csv.too_many_fields", "The line has more than 64 fields. Remove the surplus columns.",
     "Die Zeile hat mehr als 64 Felder. Bitte überzählige Spalten entfernen."},
    {"csv.field_count",
     "The line has another number of fields than the header. Add or remove separators.",
     "Die Zeile hat eine andere Anzahl Felder als die Kopfzeile. Bitte Trennzeichen ergänzen oder "
     "entfernen."},
    {"phone.invalid",
     "This is no valid phone number. Write it with its country code, for example +49 170 1234567.",
     "Das ist keine gültige Telefonnummer. Bitte mit Ländervorwahl schreiben, zum Beispiel +49 170 "
     "1234567."},
    {"whatsapp.invalid", "A WhatsApp id is 7 to 15 digits. Write the number with its country code.",
     "Eine WhatsApp-Kennung besteht aus 7 bis 15 Ziffern. Bitte die Nummer mit Ländervorwahl "
     "schreiben."},
    {"bsuid.invalid", "This is no business-scoped user id. Copy it as the provider gave it.",
     "Das ist keine Business-Scoped User ID. Bitte so übernehmen, wie der Anbieter sie nennt."},
    {"telegram.invalid", "A Telegram chat id is a whole number. Copy it as Telegram gave it.",
     "Eine Telegram-Chat-Kennung ist eine ganze Zahl. Bitte so übernehmen, wie Telegram sie "
     "nennt."},
    {"email.invalid", "This is no valid e-mail address. Write it as name@example.org.",
     "Das ist keine gültige E-Mail-Adresse. Bitte in der Form name@example.org schreiben."},
    {"identity.unknown_kind",
     "This kind of address is unknown. Use phone, whatsapp, bsuid, email or telegram.",
     "Diese Art von Adresse ist unbekannt. Möglich sind phone, whatsapp, bsuid, email und "
     "telegram."},
    {"identity.twice", "A customer has one address of each kind. Keep one of them.",
     "Ein Kunde hat je Art eine Adresse. Bitte nur eine behalten."},
    {"text.too_long", "The text is too long. Shorten it.", "Der Text ist zu lang. Bitte kürzen."},
    {"text.control_character",
     "The text holds a line break or another control character. Remove it.",
     "Der Text enthält einen Zeilenumbruch oder ein anderes Steuerzeichen. Bitte entfernen."},
    {"locale.invalid", "This is no language. Write a language code such as de, en or de-AT.",
     "Das ist keine Sprache. Bitte ein Sprachkürzel wie de, en oder de-AT angeben."},
    {"tag.invalid",
     "A tag has up to 64 bytes and no spaces, commas or quotes. Use a hyphen instead.",
     "Ein Schlagwort hat bis zu 64 Byte und keine Leerzeichen, Kommas oder Anführungszeichen. "
     "Bitte Bindestriche nehmen."},
    {"tags.too_many", "A customer has at most 50 tags. Remove some.",
     "Ein Kunde hat höchstens 50 Schlagworte. Bitte einige entfernen."},
    {"attribute.invalid_name", "An attribute's name has letters a-z, digits, _ . and -. Rename it.",
     "Der Name eines Merkmals besteht aus a-z, Ziffern, _ . und -. Bitte umbenennen."},
    {"attributes.too_many", "A customer has at most 32 attributes and 8 KB of them. Remove some.",
     "Ein Kunde hat höchstens 32 Merkmale mit zusammen 8 KB. Bitte einige entfernen."},
    {"customer.nobody",
     "Nothing says who this is. Give an external_ref, a phone number or an e-mail address.",
     "Es fehlt, um wen es geht. Bitte external_ref, Telefonnummer oder E-Mail-Adresse angeben."},
    {"line.duplicate",
     "The same customer stands in an earlier line of this file, which counts. Remove one of them.",
     "Derselbe Kunde steht schon in einer früheren Zeile dieser Datei; die gilt. Bitte eine "
     "entfernen."},
    {"line.two_customers",
     "The line's values belong to different customers. Merge those customers, or correct the line.",
     "Die Angaben der Zeile gehören zu verschiedenen Kunden. Bitte die Kunden zusammenführen oder "
     "die Zeile korrigieren."},
    {"line.other_ref",
     "This customer is known under another external_ref. Correct the line, or the customer.",
     "Dieser Kunde ist unter einer anderen external_ref bekannt. Bitte die Zeile oder den Kunden "
     "korrigieren."},
    {"consent.channel_unknown",
     "This channel is unknown. Use whatsapp, email, sms, rcs or telegram.",
     "Dieser Kanal ist unbekannt. Möglich sind whatsapp, email, sms, rcs und telegram."},
    {"consent.purpose_invalid",
     "A purpose is a short word of a-z, digits, _ and -. Use the one of the wording.",
     "Ein Zweck ist ein kurzes Wort aus a-z, Ziffern, _ und -. Bitte den Zweck des Wortlauts "
     "verwenden."},
    {"consent.at_invalid", "This is no point in time. Write it as 2026-03-01T10:15:00+01:00.",
     "Das ist kein Zeitpunkt. Bitte in der Form 2026-03-01T10:15:00+01:00 schreiben."},
    {"consent.at_no_zone", "The time has no time zone. Add Z or an offset such as +01:00.",
     "Dem Zeitpunkt fehlt die Zeitzone. Bitte Z oder einen Versatz wie +01:00 anfügen."},
    {"consent.at_future", "The consent lies in the future. Correct the time.",
     "Die Einwilligung liegt in der Zukunft. Bitte den Zeitpunkt korrigieren."},
    {"consent.unproven",
     "The consent has no proof and was not recorded; the customer was. Give consent_wording, "
     "consent_at, consent_source and consent_proof.",
     "Die Einwilligung ist nicht belegt und wurde nicht erfasst, der Kunde schon. Bitte "
     "consent_wording, consent_at, consent_source und consent_proof angeben."},
    {"consent.wording_unknown",
     "This wording does not exist; the consent was not recorded, the customer was. Create the "
     "wording first, and name it as name@version.",
     "Diesen Wortlaut gibt es nicht; die Einwilligung wurde nicht erfasst, der Kunde schon. Bitte "
     "den Wortlaut zuerst anlegen und als name@version nennen."},
    {"consent.wording_mismatch",
     "The wording does not cover this channel and purpose; the consent was not recorded, the "
     "customer was. Name the wording the customer agreed to.",
     "Der Wortlaut deckt Kanal und Zweck nicht ab; die Einwilligung wurde nicht erfasst, der Kunde "
     "schon. Bitte den Wortlaut nennen, dem der Kunde zugestimmt hat."},
    {"consent.kept_withdrawn",
     "The customer has withdrawn this consent; it stays withdrawn. Only a new act of the customer "
     "can give it again.",
     "Der Kunde hat diese Einwilligung widerrufen; dabei bleibt es. Nur er selbst kann sie neu "
     "erteilen."},
    {"consent.no_channel",
     "Consent columns without a channel were ignored. Give consent_channel and consent_purpose.",
     "Angaben zur Einwilligung ohne Kanal wurden nicht erfasst. Bitte consent_channel und "
     "consent_purpose angeben."},
    {"", "This value was refused. Correct it.", "Dieser Wert wurde abgelehnt. Bitte korrigieren."},
};

}  // namespace

const ProblemText& problemText(std::string_view code) {
  for (const ProblemText& text : kTexts)
    if (code == text.code) return text;
  return kTexts[std::size(kTexts) - 1];
}

}  // namespace clipcourier::customers
