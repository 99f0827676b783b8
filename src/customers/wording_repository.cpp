#include "customers/wording_repository.h"

#include <charconv>

#include "base/text.h"

namespace clipcourier::customers {
namespace {

namespace sql {
constexpr std::string_view columns =
    "SELECT id, name, version, language, purpose, channels, tracking, text, created_at_ms "
    "FROM consent_wordings ";
constexpr auto latest = "WHERE name = $1 AND language = $2 ORDER BY version DESC LIMIT 1";
constexpr auto byId = "WHERE id = $1";
constexpr auto page = "WHERE id > $1 ORDER BY id LIMIT $2";
constexpr auto named = "WHERE name = $1 AND version = $2 ORDER BY language";
constexpr auto insert = R"sql(
  INSERT INTO consent_wordings (name, version, language, purpose, channels, tracking, text,
                                created_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id)sql";
}  // namespace sql

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

template <class... Args>
std::vector<Wording> read(db::Connection& connection, std::string_view where, const Args&... args) {
  std::vector<Wording> wordings;
  for (auto& [id, name, version, language, purpose, channels, tracking, text, at] :
       connection.query<WordingId, std::string, int, std::string, std::string, std::string, bool,
                        std::string, TimePoint>(std::string(sql::columns).append(where), args...))
    wordings.push_back({id, std::move(name), version, std::move(language), std::move(purpose),
                        text::split(channels, ','), tracking, std::move(text), at});
  return wordings;
}

}  // namespace

Wording WordingRepository::add(Wording wording, TimePoint now) {
  const auto latest = read(connection_, sql::latest, wording.name, wording.language);
  if (!latest.empty()) {
    const Wording& last = latest.front();
    if (last.text == wording.text && last.purpose == wording.purpose &&
        last.channels == wording.channels && last.tracking == wording.tracking)
      return last;
  }
  wording.version = latest.empty() ? 1 : latest.front().version + 1;
  wording.createdAt = now;
  wording.id = *connection_.scalar<WordingId>(
      sql::insert, wording.name, wording.version, wording.language, wording.purpose,
      joined(wording.channels), wording.tracking, wording.text, now);
  return wording;
}

std::optional<Wording> WordingRepository::find(WordingId id) {
  auto found = read(connection_, sql::byId, id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Wording> WordingRepository::list(WordingId after, int limit) {
  return read(connection_, sql::page, after, limit);
}

std::vector<Wording> WordingRepository::named(std::string_view reference) {
  const std::size_t at = reference.find('@'), slash = reference.find('/', at);
  if (at == std::string_view::npos) return {};
  const std::string_view digits = reference.substr(at + 1, slash - at - 1);
  int version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  auto found = read(connection_, sql::named, reference.substr(0, at), version);
  if (slash != std::string_view::npos)
    std::erase_if(found,
                  [&](const Wording& w) { return w.language != reference.substr(slash + 1); });
  return found;
}

}  // namespace clipcourier::customers
