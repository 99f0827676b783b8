#include "messages/reasons.h"

#include <charconv>

namespace clipcourier::messages {
namespace {

struct Entry {
  std::string_view code, de, en;
};

constexpr Entry kReasons[] = {
    // skipped: never sent
    {"no_consent",
     "Die Einwilligung liegt nicht mehr vor; es wurde nichts gesendet. Nur eine neue Einwilligung "
     "der Person hilft.",
     "The consent is not there any more; nothing was sent. Only a new consent of the person "
     "helps."},
    {"opt_out",
     "Die Person hat sich abgemeldet, bevor die Nachricht an der Reihe war; es wurde nichts "
     "gesendet. Hier ist nichts zu tun.",
     "The person said stop before the message's turn came; nothing was sent. There is nothing to "
     "do."},
    {"number_changed",
     "Die Person hat eine neue Nummer. Ihre Einwilligung galt der alten; für die neue braucht es "
     "eine neue Einwilligung.",
     "The person has a new number. The consent was that of the old one; the new one needs a "
     "consent "
     "of its own."},
    {"cancelled",
     "Die Kampagne wurde abgebrochen, bevor die Nachricht an der Reihe war. Für einen neuen "
     "Versand eine neue Kampagne anlegen.",
     "The campaign was cancelled before the message's turn came. Make a new campaign to send."},
    // failed: before a request was made
    {"no_content",
     "Die Kampagne hat keinen Inhalt in der Sprache dieser Nachricht. Den Inhalt für diese Sprache "
     "oder die Ersatzsprache ergänzen.",
     "The campaign has no content in this message's language. Add one for this language or for the "
     "fallback language."},
    {"variable_missing",
     "Für die Variable „{}“ der Vorlage hat diese Person keinen Wert, und es gibt keinen Ersatz. "
     "Einen Ersatztext festlegen oder die Daten der Person ergänzen.",
     "This person has no value for the template's variable \"{}\", and there is no fallback. Set a "
     "fallback text or complete the person's data."},
    {"not_sendable",
     "Aus der Nachricht ließ sich keine gültige Anfrage machen, oder der Anbieter hat sie ohne "
     "Angabe eines Grundes abgelehnt. Vorlage und Adresse prüfen.",
     "No valid request could be made of the message, or the provider refused it without a reason. "
     "Check template and address."},
    // unknown: the request began
    {"interrupted",
     "Der Dienst wurde unterbrochen, während die Anfrage lief; sie kann angekommen sein. Auf eine "
     "Rückmeldung des Anbieters warten.",
     "The service was interrupted while the request was under way; it may have arrived. Wait for "
     "the provider's receipt."},
    {"reply_lost",
     "Die Antwort des Anbieters ging verloren; die Nachricht kann angekommen sein. Auf eine "
     "Rückmeldung des Anbieters warten.",
     "The provider's answer was lost; the message may have arrived. Wait for its receipt."},
    {"given_up",
     "Ob die Nachricht ankam, war nicht zu klären, und sie wurde aufgegeben. Kommt noch eine "
     "Rückmeldung des Anbieters, zählt sie.",
     "Whether the message arrived could not be settled, and it was given up. Should a receipt of "
     "the provider still come, it counts."},
    // held: another try follows
    {"resend",
     "Die Antwort auf den letzten Versuch ging verloren, und es wurde entschieden, die Nachricht "
     "noch einmal zu senden. Sie ist bald an der Reihe.",
     "The answer to the last attempt was lost, and it was decided to send the message again. Its "
     "turn comes soon."},
    {"not_reached",
     "Der Anbieter war nicht erreichbar; die Nachricht wird von selbst wieder versucht. Bleibt das "
     "so, Netz und Basis-URL des Absenders prüfen.",
     "The provider could not be reached; the message is tried again by itself. If that lasts, "
     "check the network and the sender's base URL."},
    {"refused",
     "Der Anbieter hat eine Anfrage ohne Angabe eines Grundes abgelehnt; es wird später wieder "
     "versucht. Token und Konto des Absenders prüfen.",
     "The provider refused a request without a reason; it is tried again later. Check the sender's "
     "token and account."},
    // a campaign waits as a whole
    {"sender_unavailable",
     "Der Absender ist nicht einsatzbereit: abgeschaltet, oder sein Token fehlt. Den Absender "
     "prüfen.",
     "The sender cannot be used: it is disabled, or its token is missing. Check the sender."},
    {"content_missing", "Die Kampagne hat keinen Inhalt. Clip und Vorlage festlegen.",
     "The campaign has no content. Set a clip and a template."},
    {"template_not_approved",
     "Eine Vorlage der Kampagne ist beim Anbieter nicht freigegeben. Die Vorlage dort freigeben "
     "lassen und danach abgleichen.",
     "A template of the campaign is not approved at the provider. Have it approved there, then "
     "sync the templates."},
    {"template_status",
     "Der Anbieter lässt die Vorlage nicht senden, ihr Stand ist „{}“. Ist sie wieder freigegeben, "
     "geht der Versand von selbst weiter.",
     "The provider does not let the template be sent, it is \"{}\". Sending goes on by itself once "
     "it is approved again."},
    {"template_quality",
     "Empfänger bewerten die Vorlage schlecht (rot); sie ruht, damit der Anbieter sie nicht "
     "sperrt. "
     "Bessert sich das, geht der Versand von selbst weiter.",
     "Recipients dislike the template (red); it rests so that the provider does not disable it. "
     "Sending goes on by itself when that improves."},
    {"account_event",
     "Der Anbieter hat das Geschäftskonto eingeschränkt oder gesperrt ({}). Im WhatsApp-Manager "
     "nachsehen; hebt der Anbieter das nicht selbst auf, die Sperre hier aufheben.",
     "The provider has restricted or disabled the business account ({}). See the WhatsApp manager; "
     "release the hold here unless the provider lifts it by itself."},
    {"template_held",
     "Eine Vorlage der Kampagne ist angehalten. Den Grund in den Sperren ansehen und die Sperre "
     "aufheben, wenn er behoben ist.",
     "A template of the campaign is held. See the reason among the holds, and release the hold "
     "when it is mended."},
    {"media_missing",
     "Der Clip liegt noch nicht beim Anbieter; er wird gerade hochgeladen. Dauert das länger als "
     "einige Minuten, die Meldungen des Absenders prüfen.",
     "The provider does not have the clip yet; it is being uploaded. If that takes more than a few "
     "minutes, check the sender's messages."},
    {"template.missing_language",
     "In der Sprache dieser Person hat die Kampagne keine Vorlage, die gesendet werden darf. Ist "
     "eine freigegeben, geht die Nachricht von selbst heraus.",
     "The campaign has no template that may be sent in this person's language. The message goes "
     "out "
     "by itself once there is one."},
    {"window_closed",
     "Es sind mehr als 24 Stunden vergangen, seit die Person geschrieben hat; eine freie Nachricht "
     "ist nicht mehr möglich.",
     "More than 24 hours have passed since the person wrote; a free message is not possible any "
     "more."},
    {"schedule_missed",
     "Der geplante Start wurde verpasst, weil der Dienst nicht lief. Eine neue Zeit wählen.",
     "The planned start was missed because the service was not running. Choose another time."},
    {"not_launchable",
     "Zur geplanten Zeit konnte die Kampagne nicht beginnen ({}). Die Ursache beheben; danach "
     "beginnt sie von selbst, oder eine neue Zeit wählen.",
     "The campaign could not begin at its time ({}). Mend the cause; it then begins by itself, or "
     "choose another time."},
    {"media_refused",
     "Der Anbieter nimmt den Clip der Kampagne auch nach erneutem Hochladen nicht an. Den Clip neu "
     "erzeugen und eine neue Kampagne anlegen, oder die Sperre aufheben und es noch einmal "
     "versuchen.",
     "The provider does not take the campaign's clip, not even after new uploads. Make the clip "
     "anew "
     "and use it in a new campaign, or release the hold to try once more."},
    {"paused", "Die Kampagne ist angehalten. Zum Weitersenden die Kampagne fortsetzen.",
     "The campaign is paused. Resume it to go on sending."},
    {"launching",
     "Die Empfänger der Kampagne werden gerade zusammengestellt; danach beginnt der Versand von "
     "selbst.",
     "The campaign's recipients are being gathered; sending begins by itself after that."},
    {"sender_disabled", "Der Absender ist abgeschaltet. Zum Weitersenden den Absender einschalten.",
     "The sender is disabled. Enable it to go on sending."},
};

std::string filledIn(std::string_view text, std::string_view value) {
  std::string result(text);
  if (const auto place = result.find("{}"); place != std::string::npos)
    result.replace(place, 2, value);
  return result;
}

}  // namespace

std::optional<Words> reasonWords(std::string_view code) {
  const auto colon = code.find(':');
  const std::string_view base = code.substr(0, colon);
  const std::string_view detail = colon == code.npos ? "" : code.substr(colon + 1);
  const bool hasDetail = colon != code.npos;
  for (const Entry& entry : kReasons)
    if (entry.code == base && (entry.en.find("{}") != code.npos) == hasDetail)
      return Words{filledIn(entry.de, detail), filledIn(entry.en, detail)};
  return std::nullopt;
}

namespace {

constexpr std::string_view kGuard = "guard:";

// What the provider refused, and that this is why nothing more is sent.
Words guarded(const std::string& code, const channels::Channel* channel) {
  const Words why = explain(code, channel);
  return {
      "Die Kampagne hat sich selbst angehalten, weil der Anbieter zu viele ihrer Nachrichten aus "
      "demselben Grund abgelehnt hat (Fehler " +
          code + "). " + why.de + " Die Ursache beheben, dann die Kampagne fortsetzen.",
      "The campaign paused itself because the provider refused too many of its messages for the "
      "same reason (error " +
          code + "). " + why.en + " Mend the cause, then resume the campaign."};
}

}  // namespace

Words explain(const std::string& code, const channels::Channel* channel) {
  if (code.starts_with(kGuard)) return guarded(code.substr(kGuard.size()), channel);
  if (auto words = reasonWords(code)) return *std::move(words);
  int number = 0;
  const char* const end = code.data() + code.size();
  const auto [stop, error] = std::from_chars(code.data(), end, number);
  if (channel && error == std::errc{} && stop == end) {
    const channels::ErrorInfo& info = channel->errorInfo(number);
    return {std::string(info.german), std::string(info.english)};
  }
  return {code, code};
}

Words explainUnknown(bool probablyNeverSent) {
  if (probablyNeverSent)
    return {
        "Wahrscheinlich nie gesendet: Spätere Nachrichten dieses Absenders sind längst "
        "bestätigt, diese nicht. Sie wird nicht von selbst wiederholt.",
        "Probably never sent: later messages of this sender have long been confirmed, this one "
        "has not. It is not repeated by itself."};
  return {
      "Ob die Nachricht ankam, ist noch offen. Kommt eine Rückmeldung des Anbieters, klärt sich "
      "das von selbst; wiederholt wird sie nicht.",
      "Whether the message arrived is still open. A receipt of the provider settles it; the "
      "message is not repeated by itself."};
}

}  // namespace clipcourier::messages
