#include "videos/failure.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace clipcourier::videos {
namespace {

struct Entry {
  std::string_view code, whatDe, whatEn, hintDe, hintEn;
};

constexpr std::string_view kShorterDe =
    "Laden Sie ein kürzeres oder kleineres Video hoch, oder versuchen Sie es später noch einmal.";
constexpr std::string_view kShorterEn = "Upload a shorter or smaller video, or try again later.";

// Of the media store, or of the database.
constexpr std::string_view kFullDe = "Der Speicherplatz des Servers ist voll.";
constexpr std::string_view kFullEn = "The server's disk is full.";
constexpr std::string_view kMakeRoomDe =
    "Bitten Sie den Betrieb, Platz zu schaffen, und versuchen Sie es dann noch einmal.";
constexpr std::string_view kMakeRoomEn = "Ask operations to make room, then try again.";

constexpr std::array kEntries{
    Entry{"transcoder.timeout", "Die Umwandlung dauerte zu lange.", "The conversion took too long.",
          kShorterDe, kShorterEn},
    Entry{"transcoder.cpu", "Die Umwandlung brauchte zu viel Rechenzeit.",
          "The conversion needed too much computing time.", kShorterDe, kShorterEn},
    Entry{"transcoder.memory", "Die Umwandlung brauchte zu viel Speicher.",
          "The conversion needed too much memory.", kShorterDe, kShorterEn},
    Entry{"transcoder.output_size", "Die Umwandlung hätte eine zu große Datei ergeben.",
          "The conversion would have made too large a file.", kShorterDe, kShorterEn},
    Entry{"transcoder.killed", "Die Umwandlung wurde vom System beendet.",
          "The system ended the conversion.",
          "Versuchen Sie es noch einmal; geschieht es wieder, fehlt dem Server wohl Speicher.",
          "Try again; if it happens again, the server is probably short of memory."},
    Entry{"media.full", kFullDe, kFullEn, kMakeRoomDe, kMakeRoomEn},
    Entry{"out_of_space", kFullDe, kFullEn, kMakeRoomDe, kMakeRoomEn},
    Entry{"media.unavailable", "Der Dateispeicher des Servers ist gestört.",
          "The server's file store has a fault.",
          "Bitten Sie den Betrieb, den Dateispeicher zu prüfen, und versuchen Sie es dann noch "
          "einmal.",
          "Ask operations to check the file store, then try again."},
    Entry{"media.not_found", "Die hochgeladene Datei ist nicht mehr da.",
          "The uploaded file is no longer there.", "Laden Sie das Video noch einmal hoch.",
          "Upload the video again."},
    Entry{"clip.not_conforming", "Der fertige Clip erfüllt nicht, was der Kanal verlangt.",
          "The finished clip does not meet what the channel demands.",
          "Geben Sie die Datei dem Betrieb: das ist ein Fehler im Programm. Der Bericht nennt, was "
          "nicht stimmt.",
          "Give the file to operations: this is a defect. The report names what is wrong."},
    Entry{"clip.profile_unknown", "Das Profil für diesen Clip gibt es nicht mehr.",
          "The profile of this clip no longer exists.",
          "Bitten Sie den Betrieb, die Profile zu prüfen.",
          "Ask operations to check the profiles."},
    Entry{"job.died", "Der Dienst wurde bei jedem Versuch mitten in der Arbeit beendet.",
          "The service ended in the middle of the work in each attempt.",
          "Versuchen Sie es noch einmal; geschieht es wieder, wenden Sie sich an den Betrieb.",
          "Try again; if it happens again, ask operations."},
    Entry{"job.cancelled", "Die Arbeit an diesem Video wurde abgebrochen.",
          "The work on this video was cancelled.", "Starten Sie sie bei Bedarf neu.",
          "Start it again when needed."},
};

constexpr Entry kDefect{
    "", "Bei der Umwandlung ist ein unerwarteter Fehler aufgetreten.",
    "An unexpected fault happened in the conversion.",
    "Versuchen Sie es noch einmal; geschieht es wieder, geben Sie die Datei dem "
    "Betrieb.",
    "Try again; if it happens again, give the file to operations."};

}  // namespace

Failure failureFor(const std::string& code) {
  const auto* found = std::find_if(kEntries.begin(), kEntries.end(),
                                   [&](const Entry& entry) { return entry.code == code; });
  const Entry& entry = found == kEntries.end() ? kDefect : *found;
  return {code,
          {std::string(entry.whatDe), std::string(entry.whatEn)},
          {std::string(entry.hintDe), std::string(entry.hintEn)},
          {}};
}

bool repeatsItself(const std::string& code) {
  return code.starts_with("transcoder.") && code != "transcoder.cancelled";
}

void to_json(nlohmann::json& json, const Choice& choice) {
  json = {{"code", choice.code}, {"words", choice.words}, {"value", choice.value}};
}

void from_json(const nlohmann::json& json, Choice& choice) {
  choice = {json.at("code").get<std::string>(), json.at("words").get<Words>(),
            json.at("value").get<std::int64_t>()};
}

void to_json(nlohmann::json& json, const Failure& failure) {
  json = {{"code", failure.code},
          {"what", failure.what},
          {"hint", failure.hint},
          {"choices", failure.choices}};
}

void from_json(const nlohmann::json& json, Failure& failure) {
  failure = {json.at("code").get<std::string>(),
             json.at("what").get<Words>(),
             json.at("hint").get<Words>(),
             {}};
  // Failures of before had none.
  if (const auto choices = json.find("choices"); choices != json.end())
    failure.choices = choices->get<std::vector<Choice>>();
}

}  // namespace clipcourier::videos
