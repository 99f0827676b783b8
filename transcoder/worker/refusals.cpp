#include "transcoder/worker/refusals.h"

#include <cstdio>
#include <new>

#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {
namespace {

[[noreturn]] void because(const char* code, Words what, Words hint) {
  throw Refused({code, std::move(what), std::move(hint)});
}

// A library that did not get memory fails in many ways that look like damage. The source is only
// judged while memory is left.
void throwWhenMemoryIsShort() {
  if (memoryIsShort(64 << 20)) throw std::bad_alloc();
}

const Words kExportAgain{
    "Exportieren Sie das Video neu, am besten als MP4 (H.264), und laden Sie es noch einmal hoch.",
    "Export the video again, best as MP4 (H.264), and upload it once more."};

const Words kExportSmaller{
    "Exportieren Sie das Video kleiner, kürzer oder mit weniger Bildern je Sekunde, am besten als "
    "MP4 (H.264).",
    "Export the video smaller, shorter or with fewer frames per second, best as MP4 (H.264)."};

std::string size(int width, int height) {
  return std::to_string(width) + "×" + std::to_string(height);
}

// What to do about a length. The watch page's own clips have no link to it as a way out.
Words waysOut(const std::string& most, int mostSeconds, const Profile& profile) {
  if (mostSeconds <= 0)
    return {"Nehmen Sie eine andere Fassung des Videos oder ein anderes Profil.",
            "Take another version of the video, or another profile."};
  const std::string de = "Kürzen Sie es auf höchstens " + most + " Minuten";
  const std::string en = "Trim it to at most " + most + " minutes";
  if (profile.purpose == "watch")
    return {de + " oder nehmen Sie einen Ausschnitt.", en + ", or take an excerpt."};
  return {de + ", nehmen Sie einen Ausschnitt, oder senden Sie nur den Link zur Abspielseite.",
          en + ", take an excerpt, or send only the link to the watch page."};
}

}  // namespace

std::string clockTime(std::int64_t ms) {
  char text[64];
  const long long seconds = ms / 1000;
  std::snprintf(text, sizeof text, "%lld:%02lld", seconds / 60, seconds % 60);
  return text;
}

namespace refuse {

void empty() {
  because("input.empty", {"Die Datei ist leer.", "The file is empty."},
          {"Laden Sie die Datei noch einmal hoch.", "Upload the file once more."});
}

void unknownFormat() {
  because("input.unknown_format",
          {"Das ist kein Videoformat, das wir annehmen.", "This is not a video format we take."},
          kExportAgain);
}

void playlist() {
  because("input.playlist",
          {"Das ist eine Abspielliste, die auf andere Dateien verweist, kein Video.",
           "This is a playlist that points at other files, not a video."},
          {"Laden Sie die Videodatei selbst hoch.", "Upload the video file itself."});
}

void stillImage() {
  because("input.still_image", {"Das ist ein Bild, kein Video.", "This is a picture, not a video."},
          {"Laden Sie ein Video hoch.", "Upload a video."});
}

void damaged() {
  throwWhenMemoryIsShort();
  because("input.damaged",
          {"Die Datei ist so beschädigt oder unvollständig, dass nichts abgespielt werden kann.",
           "The file is so damaged or incomplete that nothing of it can be played."},
          kExportAgain);
}

void damagedSound() {
  because("input.damaged_sound",
          {"Die Tonspur ist so beschädigt, dass sie sich nicht öffnen lässt.",
           "The sound track is so damaged that it cannot be opened."},
          {"Exportieren Sie das Video neu oder ohne Ton und laden Sie es noch einmal hoch.",
           "Export the video again, or without sound, and upload it once more."});
}

void encrypted() {
  because("input.encrypted",
          {"Das Video ist mit einem Kopierschutz verschlüsselt.",
           "The video is encrypted with copy protection."},
          {"Nehmen Sie die unverschlüsselte Fassung, etwa direkt aus dem Schnittprogramm.",
           "Use the unencrypted version, for example straight from the editing program."});
}

void noVideo() {
  because("input.no_video",
          {"Die Datei enthält kein Video, höchstens Ton oder ein Titelbild.",
           "The file holds no video, at most sound or a cover picture."},
          {"Laden Sie eine Datei mit bewegtem Bild hoch.", "Upload a file with moving pictures."});
}

void noPictures() {
  throwWhenMemoryIsShort();
  because("input.no_pictures",
          {"Kein einziges Bild des Videos ließ sich dekodieren.",
           "Not a single picture of the video could be decoded."},
          kExportAgain);
}

void unsupportedCodec(const std::string& codec) {
  because("input.unsupported_codec",
          {"Das Videoformat „" + codec + "“ können wir nicht lesen.",
           "We cannot read the video codec \"" + codec + "\"."},
          kExportAgain);
}

void tooManyPixels(int width, int height) {
  because("input.too_many_pixels",
          {"Die Bilder sind mit " + size(width, height) + " Bildpunkten zu groß.",
           "At " + size(width, height) + " the pictures have too many pixels."},
          {"Exportieren Sie das Video mit höchstens 7680×4320 Bildpunkten.",
           "Export the video with at most 7680×4320 pixels."});
}

void badShape(int width, int height) {
  because("input.bad_shape",
          {"Das Seitenverhältnis der Bilder (" + size(width, height) + ") ist nicht darstellbar.",
           "The shape of the pictures (" + size(width, height) + ") cannot be shown."},
          kExportAgain);
}

void tooLong(std::int64_t durationMs, int mostSeconds, const Profile& profile) {
  const std::string is = clockTime(durationMs), most = clockTime(mostSeconds * 1000LL);
  const std::string limitDe = toString(profile.limit, ','), limit = toString(profile.limit);
  Refusal refusal{"input.too_long", {}, {}};
  if (mostSeconds <= 0)
    refusal.what = {"Das Video passt in keiner Länge ansehnlich in " + limitDe + ".",
                    "At no length does the video look well within " + limit + "."};
  else if (mostSeconds >= profile.maxSeconds)
    refusal.what = {"Das Video ist mit " + is + " Minuten zu lang; erlaubt sind " + most + ".",
                    "At " + is + " minutes the video is too long; " + most + " are allowed."};
  else
    refusal.what = {"Mit " + is + " Minuten passt das Video nicht ansehnlich in " + limitDe + "; " +
                        most + " Minuten passen.",
                    "At " + is + " minutes the video does not look well within " + limit + "; " +
                        most + " minutes do."};
  refusal.hint = waysOut(most, mostSeconds, profile);
  if (mostSeconds > 0) {
    const std::int64_t ms = mostSeconds * 1000LL;
    refusal.choices.push_back({"choice.trim",
                               {"Das Ende abschneiden: " + most + " Minuten behalten",
                                "Cut off the end: keep " + most + " minutes"},
                               ms});
    refusal.choices.push_back({"choice.excerpt",
                               {"Einen Ausschnitt von " + most + " Minuten wählen",
                                "Choose an excerpt of " + most + " minutes"},
                               ms});
  }
  if (profile.purpose != "watch")
    refusal.choices.push_back(
        {"choice.watch_only",
         {"Nur den Link zur Abspielseite senden", "Send only the link to the watch page"},
         0});
  throw Refused(std::move(refusal));
}

void renditionNotNeeded(int width, int height) {
  because(
      "rendition.not_needed",
      {"Das Video hat nur " + size(width, height) +
           " Bildpunkte; eine kleinere Fassung zeigt schon alles.",
       "The video has only " + size(width, height) +
           " pixels; a smaller version already shows all of it."},
      {"Nichts ist zu tun. Für ein schärferes Bild laden Sie das Original in voller Größe hoch.",
       "Nothing needs doing. For a sharper picture upload the original in full size."});
}

void tooManyPackets() {
  because("input.too_complex",
          {"Die Datei besteht aus unsinnig vielen Teilen.",
           "The file is made of an absurd number of parts."},
          kExportAgain);
}

void tooMuchToDecode(std::int64_t frames, int width, int height) {
  const std::string many = std::to_string(frames);
  because("input.too_complex",
          {many + " Bilder mit " + size(width, height) + " Bildpunkten sind zu viel Arbeit.",
           many + " pictures of " + size(width, height) + " pixels are too much work."},
          kExportSmaller);
}

void animationTooLarge(ByteSize size, ByteSize most) {
  because(
      "input.too_complex",
      {"Die Animation ist mit " + toString(size, ',') + " zu groß; erlaubt sind " +
           toString(most, ',') + ".",
       "At " + toString(size) + " the animation is too large; " + toString(most) + " are allowed."},
      kExportSmaller);
}

void dolbyVision5(int profile) {
  const std::string name = std::to_string(profile);
  because("input.dolby_vision_5",
          {"Das Video ist Dolby Vision Profil " + name +
               "; ohne Dolbys Verfahren sind seine Farben falsch.",
           "The video is Dolby Vision profile " + name +
               "; without Dolby's method its colours come out wrong."},
          {"Exportieren Sie es als HDR10, HLG, Dolby Vision Profil 8 oder SDR.",
           "Export it as HDR10, HLG, Dolby Vision profile 8 or SDR."});
}

}  // namespace refuse

}  // namespace clipcourier::transcoder
