#include "videos/profile_view.h"

namespace clipcourier::videos {
namespace {

// "16.0" in English, "16,0" in German: thousandths of `unit` are cut off.
std::string tenths(std::uint64_t value, std::uint64_t unit, char point) {
  const std::uint64_t rounded = (value * 10 + unit / 2) / unit;
  return std::to_string(rounded / 10) + point + std::to_string(rounded % 10);
}

std::string size(ByteSize limit, char point) {
  if (limit.bytes < 1'000'000) return std::to_string(limit.bytes / 1'000) + " kB";
  return tenths(limit.bytes, 1'000'000, point) + " MB";
}

std::string length(int seconds) {
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds) + " s";
}

std::string formatName(const std::string& format) {
  if (format == "webp") return "WebP";
  std::string name;
  for (const char c : format) name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
}

Words purposeOf(const std::string& purpose) {
  if (purpose == "watch") return {"Für die Seite zum Ansehen", "For the watch page"};
  if (purpose == "mail") return {"Für E-Mails", "For e-mails"};
  return {"Zum Verschicken", "To be sent"};
}

Words limitsOf(const transcoder::Profile& profile) {
  const std::string format = formatName(profile.format);
  const std::string side = std::to_string(profile.video.maxLongSide);
  const std::string fps = std::to_string(profile.video.maxFps);
  const std::string most = length(profile.maxSeconds);
  return {format + ", höchstens " + size(profile.limit, ',') + " und " + most + ", bis " + side +
              " Pixel und " + fps + " Bilder je Sekunde",
          format + ", at most " + size(profile.limit, '.') + " and " + most + ", up to " + side +
              " pixels and " + fps + " pictures a second"};
}

ProfileView viewOf(const transcoder::Profile& profile, bool forUploads) {
  return {profile.name,
          profile.purpose,
          profile.format,
          forUploads,
          profile.limit,
          profile.maxSeconds,
          profile.video.maxLongSide,
          profile.video.maxFps,
          purposeOf(profile.purpose),
          limitsOf(profile)};
}

}  // namespace

std::vector<ProfileView> viewsOf(const Profiles& profiles) {
  std::vector<ProfileView> views;
  for (const std::string& name : profiles.forUploads())
    views.push_back(viewOf(profiles.get(name), true));
  for (const auto& [name, profile] : profiles.all())
    if (!profiles.isForUploads(name)) views.push_back(viewOf(profile, false));
  return views;
}

}  // namespace clipcourier::videos
