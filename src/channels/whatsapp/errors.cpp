#include "channels/whatsapp/errors.h"

#include <algorithm>
#include <iterator>

namespace clipcourier::channels::whatsapp {

namespace {

using namespace std::chrono_literals;
using enum Reaction;

constexpr ErrorInfo permanent(int code, Reaction reaction, std::string_view english,
                              std::string_view german) {
  return {code, reaction, false, Millis(0), 0, english, german};
}

constexpr ErrorInfo temporary(int code, Reaction reaction, Millis after, std::string_view english,
                              std::string_view german, int maxTries = 0) {
  return {code, reaction, true, after, maxTries, english, german};
}

constexpr ErrorInfo alarming(ErrorInfo info) {
  info.alarm = true;
  return info;
}

// What a wrong token, an unpaid bill or an unregistered number stops is called temporary: the
// message is not at fault and may go once a person has mended it. The wait's reach is the reaction.
// A request that does not fit its template gets a second try, because either may have been changed
// by then.
constexpr ErrorInfo kErrors[] = {
    permanent(0, fix, "The provider answered with an error we do not know.",
              "Der Anbieter meldet einen Fehler, den wir nicht kennen."),
    alarming(temporary(1, retry, 10s, "The provider could not process the request.",
                       "Der Anbieter konnte die Anfrage nicht verarbeiten.", 3)),
    temporary(2, retry, 30s, "The provider is temporarily down or overloaded.",
              "Der Anbieter ist vorübergehend gestört oder überlastet."),
    temporary(3, auth, 15min,
              "The access token lacks a permission for this number. Give the system user "
              "whatsapp_business_messaging.",
              "Dem Zugriffstoken fehlt eine Berechtigung für diese Nummer. Dem Systembenutzer "
              "whatsapp_business_messaging geben."),
    temporary(4, accountThroughput, 1min,
              "The app has made too many calls; sending continues more slowly.",
              "Die App hat zu viele Aufrufe gemacht; der Versand läuft langsamer weiter."),
    temporary(10, auth, 15min,
              "The access token lacks a permission for this number. Give the system user "
              "whatsapp_business_messaging.",
              "Dem Zugriffstoken fehlt eine Berechtigung für diese Nummer. Dem Systembenutzer "
              "whatsapp_business_messaging geben."),
    temporary(33, number, 15min,
              "Our number is deleted or its phone number id is wrong. Check the sender's settings.",
              "Unsere Nummer ist gelöscht oder ihre Kennung falsch. Bitte die Einstellungen des "
              "Absenders prüfen."),
    permanent(100, fix, "The request holds a parameter the provider does not accept.",
              "Die Anfrage enthält einen Parameter, den der Anbieter nicht annimmt."),
    temporary(104, auth, 15min, "The request carried no access token. Enter the sender's token.",
              "Die Anfrage hatte kein Zugriffstoken. Bitte das Token des Absenders hinterlegen."),
    temporary(190, auth, 15min,
              "The access token is not accepted: it has expired or was revoked. Enter a new token.",
              "Das Zugriffstoken wird nicht angenommen: Es ist abgelaufen oder wurde widerrufen. "
              "Bitte ein neues hinterlegen."),
    temporary(200, auth, 15min,
              "The access token lacks a permission for this number. Give the system user "
              "whatsapp_business_messaging.",
              "Dem Zugriffstoken fehlt eine Berechtigung für diese Nummer. Dem Systembenutzer "
              "whatsapp_business_messaging geben."),
    temporary(368, account, 24h, "The account is blocked for a time because of a policy violation.",
              "Das Konto ist wegen eines Richtlinienverstoßes zeitweise gesperrt."),
    temporary(
        80007, accountThroughput, 5min,
        "The business account has made too many calls; sending continues more slowly.",
        "Das Geschäftskonto hat zu viele Aufrufe gemacht; der Versand läuft langsamer weiter."),
    temporary(80008, retry, 5min, "Too many calls to the account's templates.",
              "Zu viele Abfragen der Vorlagen des Kontos."),
    permanent(130403, recipient, "This recipient is blocked by us.",
              "Dieser Empfänger ist von uns blockiert."),
    temporary(130429, throughput, 2s,
              "Too many messages per second; sending continues more slowly.",
              "Zu viele Nachrichten pro Sekunde; der Versand läuft langsamer weiter."),
    temporary(
        130472, recipient, 72h,
        "The recipient is part of a test at Meta and gets no marketing messages for now.",
        "Der Empfänger ist Teil eines Tests bei Meta und erhält derzeit keine Werbenachrichten.",
        1),
    alarming(permanent(130497, recipient, "We may not write to this recipient's country.",
                       "In das Land dieses Empfängers dürfen wir nicht schreiben.")),
    temporary(131000, retry, 10s, "The provider failed for a reason it does not name.",
              "Beim Anbieter ist ein Fehler aufgetreten, den er nicht benennt.", 3),
    permanent(131001, fix, "The message is too long.", "Die Nachricht ist zu lang."),
    permanent(131002, fix, "The kind of recipient is not accepted.",
              "Diese Art von Empfänger wird nicht angenommen."),
    temporary(131005, auth, 15min,
              "The access token lacks a permission for this number. Give the system user "
              "whatsapp_business_messaging.",
              "Dem Zugriffstoken fehlt eine Berechtigung für diese Nummer. Dem Systembenutzer "
              "whatsapp_business_messaging geben."),
    permanent(131006, fix, "Something the message refers to does not exist at the provider.",
              "Etwas, worauf die Nachricht verweist, gibt es beim Anbieter nicht."),
    permanent(131008, fix, "A required parameter is missing from the request.",
              "In der Anfrage fehlt ein vorgeschriebener Parameter."),
    permanent(131009, fix, "A parameter of the request has a value that is not accepted.",
              "Ein Parameter der Anfrage hat einen Wert, der nicht angenommen wird."),
    temporary(131016, retry, 30s, "A service at the provider is not available for the moment.",
              "Ein Dienst beim Anbieter ist gerade nicht erreichbar."),
    permanent(131021, recipient, "The recipient is our own number.",
              "Der Empfänger ist unsere eigene Nummer."),
    permanent(131026, unreachable,
              "The message cannot be delivered: the number has no WhatsApp, an old version, or has "
              "not accepted its terms.",
              "Die Nachricht ist nicht zustellbar: Die Nummer hat kein WhatsApp, eine alte Version "
              "oder die Bedingungen nicht angenommen."),
    permanent(
        131030, fix, "Our number is a test number and this recipient is not on its list.",
        "Unsere Nummer ist eine Testnummer, und dieser Empfänger steht nicht auf ihrer Liste."),
    temporary(131031, account, 24h,
              "The business account is locked or its data did not pass a check. See the WhatsApp "
              "manager.",
              "Das Geschäftskonto ist gesperrt oder seine Daten wurden nicht bestätigt. Bitte im "
              "WhatsApp-Manager nachsehen."),
    temporary(131037, number, 1h, "The display name of our number is not approved yet.",
              "Der Anzeigename unserer Nummer ist noch nicht freigegeben."),
    temporary(131042, account, 1h,
              "The provider cannot charge the account. Check the payment method.",
              "Der Anbieter kann das Konto nicht belasten. Bitte die Zahlungsart prüfen."),
    permanent(131043, recipient, "The message expired before it could be delivered.",
              "Die Nachricht ist abgelaufen, bevor sie zugestellt werden konnte."),
    temporary(131045, number, 15min,
              "Our number is not registered with the provider. Register it first.",
              "Unsere Nummer ist beim Anbieter nicht registriert. Bitte zuerst registrieren."),
    permanent(131047, fix,
              "More than 24 hours have passed since the recipient last wrote; only a template may "
              "be sent.",
              "Der Empfänger hat zuletzt vor mehr als 24 Stunden geschrieben; nur eine Vorlage "
              "darf gesendet werden."),
    temporary(131048, number, 24h,
              "Our number is restricted because recipients blocked or reported it.",
              "Unsere Nummer ist eingeschränkt, weil Empfänger sie blockiert oder gemeldet haben."),
    temporary(131049, recipient, 24h,
              "WhatsApp held the message back to spare the recipient too much marketing.",
              "WhatsApp hat die Nachricht zurückgehalten, um den Empfänger vor zu viel Werbung zu "
              "schützen.",
              2),
    permanent(131050, optOut, "The recipient has stopped marketing messages from us in WhatsApp.",
              "Der Empfänger hat Werbenachrichten von uns in WhatsApp abbestellt."),
    permanent(131051, fix, "This type of message is not supported.",
              "Diese Art von Nachricht wird nicht unterstützt."),
    permanent(131052, fix, "A media file could not be downloaded by the provider.",
              "Der Anbieter konnte eine Mediendatei nicht herunterladen."),
    permanent(131053, fix, "The provider refused the clip: type, codec or size do not fit.",
              "Der Anbieter hat den Clip abgelehnt: Typ, Codec oder Größe passen nicht."),
    permanent(131055, fix, "Only marketing templates may be sent this way.",
              "Auf diesem Weg dürfen nur Werbevorlagen gesendet werden."),
    temporary(131056, pair, 4s, "This recipient got too many messages from us in a short time.",
              "Dieser Empfänger hat in kurzer Zeit zu viele Nachrichten von uns bekommen."),
    temporary(131057, retry, 1min, "Our account is in maintenance for a moment.",
              "Unser Konto wird gerade gewartet."),
    permanent(131062, fix,
              "This message needs the recipient's phone number; a user id is not enough.",
              "Diese Nachricht braucht die Telefonnummer des Empfängers; eine Benutzerkennung "
              "genügt nicht."),
    permanent(131063, fix, "Marketing templates are switched off for this way of sending.",
              "Werbevorlagen sind für diesen Versandweg abgeschaltet."),
    temporary(131064, accountThroughput, 1h,
              "Sending is limited because templates were put into the wrong category.",
              "Der Versand ist begrenzt, weil Vorlagen falsch eingestuft wurden."),
    temporary(132000, templatePause, 1h,
              "The number of values does not fit the template. Compare the campaign's content with "
              "the template.",
              "Die Anzahl der Werte passt nicht zur Vorlage. Bitte den Inhalt der Kampagne mit der "
              "Vorlage vergleichen.",
              2),
    temporary(132001, templatePause, 10min,
              "The template does not exist in this language or is not approved.",
              "Die Vorlage gibt es in dieser Sprache nicht, oder sie ist nicht freigegeben."),
    permanent(132005, fix, "With this recipient's values the text is too long.",
              "Mit den Werten dieses Empfängers wird der Text zu lang."),
    permanent(132007, templatePause, "The template's content violates a WhatsApp policy.",
              "Der Inhalt der Vorlage verstößt gegen eine Richtlinie von WhatsApp."),
    temporary(
        132012, templatePause, 1h,
        "A value does not fit the template, for example a missing video. Compare the "
        "campaign's content with the template.",
        "Ein Wert passt nicht zur Vorlage, zum Beispiel fehlt das Video. Bitte den Inhalt der "
        "Kampagne mit der Vorlage vergleichen.",
        2),
    temporary(132015, templatePause, 1h, "The template is paused because of low quality.",
              "Die Vorlage ist wegen schlechter Qualität pausiert."),
    permanent(132016, templatePause, "The template is disabled for good because of low quality.",
              "Die Vorlage ist wegen schlechter Qualität dauerhaft abgeschaltet."),
    permanent(132018, fix, "A value holds characters a template may not have.",
              "Ein Wert enthält Zeichen, die in einer Vorlage nicht erlaubt sind."),
    permanent(132068, fix, "The flow of this message is blocked.",
              "Der Ablauf (Flow) dieser Nachricht ist gesperrt."),
    temporary(132069, retry, 5min, "The flow of this message is throttled.",
              "Der Ablauf (Flow) dieser Nachricht ist gedrosselt."),
    temporary(133000, number, 15min, "An earlier deregistration of our number is incomplete.",
              "Eine frühere Abmeldung unserer Nummer ist unvollständig."),
    temporary(133004, number, 5min, "The provider's registration service is busy.",
              "Der Registrierungsdienst des Anbieters ist überlastet."),
    temporary(133005, number, 15min, "The two-step PIN of our number is wrong.",
              "Die PIN unserer Nummer ist falsch."),
    temporary(133006, number, 15min, "Our number must be verified again.",
              "Unsere Nummer muss neu bestätigt werden."),
    temporary(133008, number, 15min,
              "The PIN of our number was guessed too often. Wait before the next try.",
              "Die PIN unserer Nummer wurde zu oft falsch eingegeben. Bitte warten."),
    temporary(133009, number, 15min,
              "The PIN of our number was entered too fast. Wait before the next try.",
              "Die PIN unserer Nummer wurde zu schnell eingegeben. Bitte warten."),
    temporary(133010, number, 15min,
              "Our number is not registered with the provider. Register it first.",
              "Unsere Nummer ist beim Anbieter nicht registriert. Bitte zuerst registrieren."),
    temporary(133015, number, 5min, "Our number was deleted a moment ago. Wait five minutes.",
              "Unsere Nummer wurde gerade gelöscht. Bitte fünf Minuten warten."),
    temporary(133016, number, 15min,
              "Our number was registered too often. Wait before the next try.",
              "Unsere Nummer wurde zu oft registriert. Bitte warten."),
    temporary(134011, account, 1h, "The terms for payments have not been accepted yet.",
              "Die Bedingungen für Zahlungen sind noch nicht angenommen."),
    permanent(134100, fix, "This way of sending takes marketing templates only.",
              "Dieser Versandweg nimmt nur Werbevorlagen."),
    temporary(134101, templatePause, 10min,
              "The template is still being prepared by the provider; this takes up to ten minutes.",
              "Die Vorlage wird beim Anbieter noch vorbereitet; das dauert bis zu zehn Minuten."),
    permanent(134102, templatePause,
              "The template or the account may not be used for marketing messages.",
              "Die Vorlage oder das Konto ist für Werbenachrichten nicht zugelassen."),
    alarming(permanent(135000, fix, "The provider could not read a parameter of the request.",
                       "Der Anbieter konnte einen Parameter der Anfrage nicht lesen.")),
    permanent(139100, fix, "Some recipients could not be blocked.",
              "Einige Empfänger konnten nicht blockiert werden."),
    permanent(139101, fix, "The list of blocked recipients is full.",
              "Die Liste blockierter Empfänger ist voll."),
    temporary(139102, retry, 10s,
              "The list of blocked recipients is being changed by another request.",
              "Die Liste blockierter Empfänger wird gerade anderweitig geändert.", 3),
    temporary(139103, retry, 30s, "The list of blocked recipients is not available for the moment.",
              "Die Liste blockierter Empfänger ist gerade nicht erreichbar."),
    permanent(200005, fix, "Figures about templates are not available.",
              "Auswertungen zu Vorlagen sind nicht verfügbar."),
    permanent(200006, fix, "Figures about templates are not switched on.",
              "Auswertungen zu Vorlagen sind nicht eingeschaltet."),
    permanent(200007, fix, "Figures about templates cannot be switched on or off.",
              "Auswertungen zu Vorlagen lassen sich nicht umschalten."),
    permanent(2388019, fix, "The account holds as many templates as it may.",
              "Das Konto hat so viele Vorlagen wie erlaubt."),
    permanent(2388039, fix, "The template's status cannot be changed.",
              "Der Status der Vorlage lässt sich nicht ändern."),
    permanent(2388040, fix, "A field of the template is too long.",
              "Ein Feld der Vorlage ist zu lang."),
    permanent(2388047, fix, "The template's header is not in a valid form.",
              "Der Kopf der Vorlage hat keine gültige Form."),
    permanent(2388072, fix, "The template's body is not in a valid form.",
              "Der Text der Vorlage hat keine gültige Form."),
    permanent(2388073, fix, "The template's footer is not in a valid form.",
              "Die Fußzeile der Vorlage hat keine gültige Form."),
    permanent(2388293, fix, "The template has too many variables for its length.",
              "Die Vorlage hat zu viele Platzhalter für ihre Länge."),
    permanent(2388299, fix, "A template may not begin or end with a variable.",
              "Eine Vorlage darf nicht mit einem Platzhalter beginnen oder enden."),
    temporary(2494100, retry, 2min, "Our number is in maintenance for some minutes.",
              "Unsere Nummer wird einige Minuten gewartet."),
};
static_assert(std::is_sorted(std::begin(kErrors), std::end(kErrors),
                             [](const ErrorInfo& a, const ErrorInfo& b) {
                               return a.code < b.code;
                             }));

// Code 0 comes with a broken login, but also stands for "no code": its meaning lives apart.
constexpr ErrorInfo kLoginFailed = temporary(
    0, auth, 15min,
    "The access token is not accepted: it has expired or was revoked. Enter a new token.",
    "Das Zugriffstoken wird nicht angenommen: Es ist abgelaufen oder wurde widerrufen. Bitte ein "
    "neues hinterlegen.");

// Codes of the old on-premises API and their successors.
constexpr int kOldCodes[][2] = {
    {470, 131047},  {471, 131048},  {472, 130472},  {1006, 131006}, {1008, 131008}, {1009, 131009},
    {1013, 131026}, {1015, 130429}, {1016, 131016}, {1026, 131026}, {1031, 131031}, {2000, 132000},
    {2001, 132001}, {2004, 132005}, {2005, 132005}, {2006, 132018}, {2007, 132007}, {2008, 132012}};

int successor(int code) {
  if (code > 200 && code <= 299) return 200;  // one kind of missing permission each
  for (const auto& [old, current] : kOldCodes) {
    if (old == code) return current;
  }
  return code;
}

}  // namespace

const ErrorInfo& loginFailed() { return kLoginFailed; }

const ErrorInfo& errorInfo(int code) {
  const int current = successor(code);
  const auto* found = std::lower_bound(
      begin(), end(), current, [](const ErrorInfo& e, int wanted) { return e.code < wanted; });
  return found != end() && found->code == current ? *found : kErrors[0];
}

const ErrorInfo* begin() { return std::begin(kErrors); }
const ErrorInfo* end() { return std::end(kErrors); }

}  // namespace clipcourier::channels::whatsapp
