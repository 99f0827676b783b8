#include "alerts/alert_words.h"

#include <string_view>

#include "channels/registry.h"
#include "messages/reasons.h"

namespace clipcourier::alerts {
namespace {

struct Entry {
  std::string_view kind, de, en;
};

// {} is the subject, {n} the count, {c} the code.
constexpr Entry kEntries[] = {
    {"hold", "Der Versand ist angehalten: {}.", "Sending is held: {}."},
    {"sender_limited", "{} sendet langsamer als eingestellt; das Tempo steigt von selbst wieder.",
     "{} sends more slowly than configured; its rate climbs back by itself."},
    {"account_event",
     "Der Anbieter meldet ein Ereignis des Geschäftskontos von {}: {c}. Bitte im WhatsApp-Manager "
     "nachsehen.",
     "The provider reports an event of the business account of {}: {c}. See the WhatsApp manager."},
    {"number_flagged",
     "Der Anbieter hat die Nummer von {} wegen schlechter Qualität markiert. Seltener und nur an "
     "Interessierte senden, sonst schränkt er sie ein.",
     "The provider has flagged the number of {} for low quality. Send less often, and only to who "
     "is "
     "interested, or it restricts the number."},
    {"quality_rating",
     "Die Qualität der Nummer von {} ist herabgestuft. Seltener und nur an Interessierte senden, "
     "sonst schränkt der Anbieter sie ein.",
     "The quality of the number of {} is low. Send less often, and only to who is interested, or "
     "the provider restricts it."},
    {"unknown_messages",
     "Bei {n} Nachrichten von {} ging die Antwort verloren. Unter den unbekannten Nachrichten "
     "nachsehen und entscheiden, ob sie wiederholt oder aufgegeben werden.",
     "The answers to {n} messages of {} were lost. Look at the unknown messages and decide whether "
     "to resend them or give them up."},
    {"unknown_error_code",
     "Der Anbieter lehnt mit einem Fehler ab, den wir nicht kennen ({}, {n}-mal). In der "
     "Dokumentation des Anbieters nachsehen.",
     "The provider refuses with an error we do not know ({}, {n} times). See the provider's "
     "documentation."},
    {"refusals", "Der Anbieter hat Nachrichten endgültig abgelehnt ({}, {n}-mal).",
     "The provider refused messages for good ({}, {n} times)."},
    {"campaign_paused", "Die {} hat sich selbst angehalten.", "The {} paused itself."},
    {"media_failed",
     "{n} Mediendateien von {} konnten nicht zum Anbieter hochgeladen werden. Token und Clip "
     "prüfen.",
     "{n} media files of {} could not be uploaded to the provider. Check token and clip."},
    {"media_expiring",
     "{n} Mediendateien von {} laufen beim Anbieter bald ab und wurden nicht erneuert. Token des "
     "Absenders prüfen.",
     "{n} media files of {} expire at the provider soon and were not renewed. Check the sender's "
     "token."},
    {"webhooks_failed",
     "{n} Meldungen des Anbieters konnten nicht verarbeitet werden. Das Protokoll ansehen.",
     "{n} webhooks of the provider could not be applied. See the log."},
    {"jobs_failed", "{n} Aufträge der Art {} sind gescheitert. Das Protokoll ansehen.",
     "{n} jobs of the kind {} have failed. See the log."},
    {"counters_wrong",
     "Die Zahlen von {n} Kampagnen weichen von ihren Nachrichten ab. Mit \"clipcourier counters "
     "verify\" "
     "prüfen und mit --repair richtigstellen.",
     "The numbers of {n} campaigns differ from their messages. Check with \"clipcourier counters "
     "verify\" "
     "and mend with --repair."},
    {"dispatcher_silent",
     "Es laufen Kampagnen, aber niemand versendet. Prüfen, ob der Dienst mit dieser Aufgabe läuft "
     "und die Datenbank erreicht.",
     "Campaigns run, but nobody sends. Check that the service runs with that role and reaches the "
     "database."},
    {"disk_low",
     "Auf dem Datenträger sind nur noch {n} MB frei. Platz schaffen, sonst werden Uploads "
     "abgelehnt.",
     "Only {n} MB are free on the disk. Make room, or uploads are refused."},
};

std::string filledIn(std::string_view text, const Signal& signal, std::string_view sender,
                     std::string_view campaign) {
  std::string subject = signal.subject;
  const auto rename = [&](std::string_view from, std::string_view to) {
    if (subject.starts_with(from)) subject.replace(0, from.size(), to);
  };
  rename("sender", sender);
  rename("campaign", campaign);
  std::string result(text);
  const auto replace = [&](std::string_view what, const std::string& with) {
    if (const auto at = result.find(what); at != std::string::npos)
      result.replace(at, what.size(), with);
  };
  replace("{n}", std::to_string(signal.count));
  replace("{c}", signal.code);
  replace("{}", subject);
  return result;
}

}  // namespace

Words wordsOf(const Signal& signal) {
  Words words{signal.kind + " " + signal.subject, signal.kind + " " + signal.subject};
  for (const Entry& entry : kEntries)
    if (entry.kind == signal.kind)
      words = {filledIn(entry.de, signal, "Absender", "Kampagne"),
               filledIn(entry.en, signal, "sender", "campaign")};
  const bool explains = signal.kind == "hold" || signal.kind == "sender_limited" ||
                        signal.kind == "refusals" || signal.kind == "campaign_paused";
  if (explains && !signal.code.empty()) {
    // With one channel there is no doubt whose code it is.
    const Words why = messages::explain(signal.code, channels::all().front());
    words.de += " " + why.de;
    words.en += " " + why.en;
  }
  return words;
}

}  // namespace clipcourier::alerts
