#pragma once

#include <functional>
#include <string>

#include "channels/channel.h"
#include "channels/whatsapp/whatsapp_channel.h"
#include "customers/consent_service.h"
#include "messages/answer_recorder.h"
#include "messages/counter_truth.h"
#include "messages/opt_out.h"
#include "messages/queue.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

namespace clipcourier::messages {

// A database with one sender, one running campaign, and customers who agreed to marketing by
// WhatsApp.
struct MessageFixture {
  explicit MessageFixture(db::Engine engine, int customerCount = 0) : database(engine) {
    database->write([&](db::Transaction& tx) {
      tx.run(
          R"sql(INSERT INTO senders (channel, name, external_id, account_id, base_url, api_version,
          token_source, app_secret_source, verify_token_source, messages_per_second, state,
          created_at_ms, updated_at_ms)
        VALUES ('whatsapp', 'Shop', '1001', '2001', 'http://localhost', 'v23.0', 'env:T', 'env:S',
                'env:V', 80, 'active', 0, 0))sql");
      tx.run(
          R"sql(INSERT INTO consent_wordings (name, version, language, purpose, channels, tracking,
          text, created_at_ms) VALUES ('news', 1, 'de', 'marketing', '["whatsapp"]', 1, 'Ja', 0))sql");
      tx.run(
          R"sql(INSERT INTO campaigns (name, state, sender_id, purpose, audience, fallback_language,
          created_at_ms, updated_at_ms) VALUES ('c', 'running', 1, 'marketing', '{}', 'de', 0, 0))sql");
    });
    for (int i = 1; i <= customerCount; ++i) addMessage(i);
  }

  static std::string numberOf(std::int64_t n) { return "+4917" + std::to_string(100'000'000 + n); }

  // Customer n with their message n, due now.
  void addMessage(int n) {
    const std::string number = numberOf(n);
    database->write([&](db::Transaction& tx) {
      tx.run("INSERT INTO customers (name, created_at_ms, updated_at_ms) VALUES ($1, 0, 0)",
             "Jana " + std::to_string(n));
      tx.run(
          "INSERT INTO customer_identities (customer_id, kind, value, created_at_ms) "
          "VALUES ($1, 'phone', $2, 0)",
          n, number);
      tx.run(
          "INSERT INTO consents (customer_id, channel, purpose, state, wording_id, tracking, "
          "ledger_seq, changed_at_ms) VALUES ($1, 'whatsapp', 'marketing', 'given', 1, 1, 1, 0)",
          n);
      tx.run(
          "INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state, "
          "due_at_ms, state_at_ms, created_at_ms) "
          "VALUES (1, $1, 1, $2, 'de', 'queued', $3, $3, $3)",
          n, number, clock.now());
      CounterChanges counters;
      counters.add({1}, "queued");
      counters.write(tx);
    });
  }

  // Runs fn(Queue&) in one transaction.
  template <class F>
  auto onQueue(F&& fn) {
    return database->write([&](db::Transaction& tx) {
      Queue queue(tx, clock.now());
      auto result = fn(queue);
      queue.finish();
      return result;
    });
  }
  // What could be sent now, which stays as it is; who cannot be sent to is skipped or put off.
  std::vector<Claimed> claim(int most) {
    return onQueue([&](Queue& queue) { return queue.claim(lane, most); });
  }
  // Claims and begins. `meanwhile` runs between the two; in transactions of its own it can only do
  // so on PostgreSQL.
  std::vector<AttemptRef> begin(
      int most, const std::function<void()>& meanwhile = [] {}) {
    return begin(lane, most, meanwhile);
  }
  std::vector<AttemptRef> begin(
      const Lane& lane, int most, const std::function<void()>& meanwhile = [] {}) {
    return onQueue([&](Queue& queue) {
      std::vector<MessageId> ids;
      for (const Claimed& one : queue.claim(lane, most)) ids.push_back(one.id);
      meanwhile();
      return queue.begin(lane, ids, clock.now() + Millis(60'000));
    });
  }
  AttemptRef sendOne() { return begin(1).at(0); }

  void answer(AttemptRef attempt, channels::SendOutcome outcome) {
    const AnswerRecorder recorder(optOut, reactions);
    database->write([&](db::Transaction& tx) {
      recorder.record(tx,
                      {{attempt,
                        CustomerId{attempt.message.value},
                        numberOf(attempt.message.value),
                        {1},
                        &channel,
                        outcome}},
                      clock.now());
    });
  }

  std::string state(std::int64_t id) {
    return text("SELECT state FROM messages WHERE id = $1", id);
  }
  std::string reason(std::int64_t id) {
    return text("SELECT reason FROM messages WHERE id = $1", id);
  }
  std::string attemptState(AttemptRef attempt) {
    return database->read([&](db::Connection& c) {
      return *c.scalar<std::string>(
          "SELECT state FROM attempts WHERE message_id = $1 AND number = $2", attempt.message,
          attempt.number);
    });
  }
  std::string text(const std::string& sql, std::int64_t id) {
    return database->read([&](db::Connection& c) { return *c.scalar<std::string>(sql, id); });
  }
  std::int64_t counter(const std::string& name) {
    return database->read([&](db::Connection& c) { return counters(c, {1})[name]; });
  }
  // The rule that counters are rows: they always equal the table.
  bool countersAreTrue() {
    return database->snapshot([&](db::Connection& c) {
      auto counted = counters(c, {1});
      std::erase_if(counted, [](const auto& one) { return one.first.ends_with(kAnonymous); });
      const auto truth = counterTruth(c, {1}).counters;
      CHECK(counted == truth);
      return counted == truth;
    });
  }

  ManualClock clock;
  TestDatabase database;
  crypto::KeyRing keys{Secret("test key")};
  channels::whatsapp::WhatsAppChannel channel;
  customers::ConsentService consents{keys, clock};
  OptOut optOut{consents};
  Reactions reactions{RetryPolicy{}, {}};
  Lane lane{{1}, {1}, "whatsapp", "marketing", 80};
};

}  // namespace clipcourier::messages
