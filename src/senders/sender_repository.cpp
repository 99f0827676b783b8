#include "senders/sender_repository.h"

#include <nlohmann/json.hpp>

namespace clipcourier::senders {

namespace {

namespace sql {
#define SENDER_COLUMNS                                                                          \
  "id, channel, name, external_id, account_id, display_address, base_url, api_version, "        \
  "token_source, app_secret_source, verify_token_source, messages_per_second, state, details, " \
  "created_at_ms, updated_at_ms, version"
constexpr auto find = "SELECT " SENDER_COLUMNS " FROM senders WHERE id = $1";
constexpr auto byExternalId =
    "SELECT " SENDER_COLUMNS " FROM senders WHERE channel = $1 AND external_id = $2";
constexpr auto list = "SELECT " SENDER_COLUMNS " FROM senders WHERE id > $1 ORDER BY id LIMIT $2";
constexpr auto ofChannel = "SELECT " SENDER_COLUMNS " FROM senders WHERE channel = $1 ORDER BY id";
constexpr auto ofAccount =
    "SELECT " SENDER_COLUMNS " FROM senders WHERE channel = $1 AND account_id = $2 ORDER BY id";
constexpr auto add = R"sql(
  INSERT INTO senders (channel, name, external_id, account_id, display_address, base_url,
    api_version, token_source, app_secret_source, verify_token_source, messages_per_second, state,
    created_at_ms, updated_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) RETURNING )sql" SENDER_COLUMNS;
constexpr auto update = R"sql(
  UPDATE senders SET name = $1, external_id = $2, account_id = $3, display_address = $4,
    base_url = $5, api_version = $6, token_source = $7, app_secret_source = $8,
    verify_token_source = $9, messages_per_second = $10, state = $11, updated_at_ms = $12,
    version = version + 1
  WHERE id = $13 AND version = $14)sql";
constexpr auto setDetails = "UPDATE senders SET details = $1 WHERE id = $2";
constexpr auto setDisplayAddress =
    "UPDATE senders SET display_address = $1 WHERE id = $2 AND $1 <> ''";
constexpr auto details = "SELECT details FROM senders WHERE id = $1";
constexpr auto lockedDetails = "SELECT details FROM senders WHERE id = $1 FOR NO KEY UPDATE";
constexpr auto templatesDue =
    "SELECT id FROM senders WHERE state = 'active' AND templates_due_ms <= $1 ORDER BY id";
constexpr auto setTemplatesDue = "UPDATE senders SET templates_due_ms = $1 WHERE id = $2";
constexpr auto wantTemplates =
    "UPDATE senders SET templates_due_ms = 0 WHERE channel = $1 AND account_id = $2";
#undef SENDER_COLUMNS
}  // namespace sql

using SenderRow =
    std::tuple<SenderId, std::string, std::string, std::string, std::string, std::string,
               std::string, std::string, std::string, std::string, std::string, int, std::string,
               std::string, TimePoint, TimePoint, std::int64_t>;

Sender toSender(SenderRow&& row) {
  Sender s;
  std::string state;
  std::tie(s.id, s.channel, s.name, s.externalId, s.accountId, s.displayAddress, s.baseUrl,
           s.apiVersion, s.tokenSource, s.appSecretSource, s.verifyTokenSource, s.messagesPerSecond,
           state, s.details, s.createdAt, s.updatedAt, s.version) = std::move(row);
  s.state = state == name(SenderState::active) ? SenderState::active : SenderState::disabled;
  return s;
}

template <class... Args>
std::vector<Sender> select(db::Connection& connection, std::string_view sql, const Args&... args) {
  std::vector<Sender> senders;
  [&]<class... Columns>(std::tuple<Columns...>*) {
    for (SenderRow& row : connection.query<Columns...>(sql, args...)) {
      senders.push_back(toSender(std::move(row)));
    }
  }(static_cast<SenderRow*>(nullptr));
  return senders;
}

std::optional<Sender> first(std::vector<Sender> senders) {
  if (senders.empty()) return std::nullopt;
  return std::move(senders.front());
}

}  // namespace

std::string_view name(SenderState state) {
  return state == SenderState::active ? "active" : "disabled";
}

std::optional<Sender> SenderRepository::find(SenderId id) {
  return first(select(connection_, sql::find, id));
}

std::optional<Sender> SenderRepository::findByExternalId(const std::string& channel,
                                                         const std::string& externalId) {
  return first(select(connection_, sql::byExternalId, channel, externalId));
}

std::vector<Sender> SenderRepository::list(SenderId after, int limit) {
  return select(connection_, sql::list, after, limit);
}

std::vector<Sender> SenderRepository::ofChannel(const std::string& channel) {
  return select(connection_, sql::ofChannel, channel);
}

Sender SenderRepository::add(const SenderInput& in, TimePoint now) {
  return *first(select(connection_, sql::add, in.channel, in.name, in.externalId, in.accountId,
                       in.displayAddress, in.baseUrl, in.apiVersion, in.tokenSource,
                       in.appSecretSource, in.verifyTokenSource, in.messagesPerSecond,
                       name(in.state), now));
}

bool SenderRepository::update(SenderId id, std::int64_t version, const SenderInput& in,
                              TimePoint now) {
  return connection_.run(sql::update, in.name, in.externalId, in.accountId, in.displayAddress,
                         in.baseUrl, in.apiVersion, in.tokenSource, in.appSecretSource,
                         in.verifyTokenSource, in.messagesPerSecond, name(in.state), now, id,
                         version) == 1;
}

void SenderRepository::setDisplayAddress(SenderId id, const std::string& displayAddress) {
  connection_.run(sql::setDisplayAddress, displayAddress, id);
}

std::vector<Sender> SenderRepository::ofAccount(const std::string& channel,
                                                const std::string& accountId) {
  return select(connection_, sql::ofAccount, channel, accountId);
}

void SenderRepository::mergeDetails(SenderId id, const std::string& json) {
  const auto stored =
      connection_.scalar<std::string>(connection_.pick(sql::details, sql::lockedDetails), id);
  if (!stored) return;
  auto merged = nlohmann::json::parse(*stored, nullptr, false);
  if (!merged.is_object()) merged = nlohmann::json::object();
  merged.update(nlohmann::json::parse(json));
  connection_.run(sql::setDetails, merged.dump(), id);
}

std::vector<SenderId> SenderRepository::templatesDue(TimePoint now) {
  std::vector<SenderId> due;
  for (auto& [id] : connection_.query<SenderId>(sql::templatesDue, now)) due.push_back(id);
  return due;
}

void SenderRepository::setTemplatesDue(SenderId id, TimePoint due) {
  connection_.run(sql::setTemplatesDue, due, id);
}

void SenderRepository::wantTemplates(const std::string& channel, const std::string& accountId) {
  connection_.run(sql::wantTemplates, channel, accountId);
}

}  // namespace clipcourier::senders
