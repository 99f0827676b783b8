#include "db/migrations.h"

#include <tuple>

#include "base/error.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

using namespace clipcourier;

namespace {

int tables(db::Database& database, const std::string& name) {
  return database.read([&](db::Connection& c) {
    return *c.scalar<int>(
        c.pick("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
               "SELECT count(*) FROM information_schema.tables WHERE table_name = $1"),
        name);
  });
}

// The first campaign, of the first sender.
void addCampaign(db::Transaction& tx, const std::string& state) {
  tx.run(R"sql(INSERT INTO senders (channel, name, external_id, account_id, base_url,
      api_version, token_source, app_secret_source, verify_token_source, messages_per_second,
      state, created_at_ms, updated_at_ms)
    VALUES ('whatsapp', 'n', 'e', 'a', 'u', 'v', 't', 's', 'w', 1, 'active', 0, 0))sql");
  tx.run(R"sql(INSERT INTO campaigns (name, state, sender_id, purpose, audience,
      fallback_language, created_at_ms, updated_at_ms)
    VALUES ('n', $1, 1, 'marketing', '{}', 'de', 0, 0))sql",
         state);
}

}  // namespace

TEST_CASE("the numbers of the migrations rise", "[db]") {
  int last = 0;
  for (const db::Migration& migration : db::migrations()) {
    CHECK(migration.number > last);
    last = migration.number;
  }
}

TEST_CASE("an empty database gets the whole schema once", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql), false);
  CHECK_THROWS_AS(db::requireCurrentSchema(*database), Error);
  CHECK(db::migrate(*database, ManualClock()).size() == db::migrations().size());
  CHECK(db::migrate(*database, ManualClock()).empty());
  db::requireCurrentSchema(*database);
  CHECK(tables(*database, "messages") == 1);
}

TEST_CASE("a migration that fails leaves nothing of itself", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql), false);
  const std::vector<db::Migration> broken{
      {1, "0001_good", "CREATE TABLE good (n INTEGER)"},
      {2, "0002_bad", "CREATE TABLE bad (n INTEGER); NONSENSE"}};
  CHECK_THROWS_AS(db::migrate(*database, ManualClock(), broken), Error);
  CHECK(tables(*database, "good") == 1);
  CHECK(tables(*database, "bad") == 0);
}

TEST_CASE("statements marked for one engine run on that one alone", "[db]") {
  const db::Engine engine = GENERATE(db::Engine::sqlite, db::Engine::postgresql);
  TestDatabase database(engine, false);
  db::migrate(*database, ManualClock(),
              {{1, "0001_marked",
                "{{sqlite}} CREATE TABLE lite (n INTEGER);\n"
                "{{postgresql}} CREATE TABLE post (n INTEGER);"}});
  CHECK(tables(*database, "lite") == (engine == db::Engine::sqlite ? 1 : 0));
  CHECK(tables(*database, "post") == (engine == db::Engine::sqlite ? 0 : 1));
}

TEST_CASE("clips and what campaigns hold of them outlive new states of clips", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql), false);
  const auto& all = db::migrations();
  db::migrate(*database, ManualClock(), {all.begin(), all.begin() + 6});
  database->write([](db::Transaction& tx) {
    tx.run(R"sql(INSERT INTO videos (title, filename, state, original_sha256, original_bytes,
        created_at_ms, updated_at_ms) VALUES ('v', 'f', 'ready', 'aa', 9, 0, 0))sql");
    tx.run(R"sql(INSERT INTO clips (video_id, profile, state, created_at_ms)
      VALUES (1, 'old', 'failed', 0), (1, 'whatsapp', 'planned', 5))sql");
    tx.run(R"sql(INSERT INTO clips (video_id, profile, state, sha256, report, report_mac,
        created_at_ms) VALUES (1, 'whatsapp', 'ready', 'c1', '{}', 'm', 0))sql");
    tx.run(R"sql(INSERT INTO jobs (kind, subject_id, payload, state, priority, due_at_ms, attempts,
        max_attempts, fence, created_at_ms)
      VALUES ('clip.transcode', 2, '{}', 'waiting', 100, 0, 0, 10, 0, 0))sql");
    addCampaign(tx, "draft");
    tx.run(R"sql(INSERT INTO campaign_contents (campaign_id, language, clip_id, clip_sha256,
        template_name, template_language) VALUES (1, 'de', 3, 'c1', 't', 'de'))sql");
  });
  db::migrate(*database, ManualClock());
  database->write([](db::Transaction& tx) {
    CHECK(tx.scalar<std::string>("SELECT sha256 FROM clips WHERE id = 3") == "c1");
    CHECK(tx.scalar<int>("SELECT edit_version FROM clips WHERE id = 2") == 1);
    CHECK(tx.scalar<std::int64_t>("SELECT subject_id FROM jobs WHERE kind = 'video.transcode'"
                                  " AND state = 'waiting'") == 1);
    CHECK(tx.scalar<std::string>("SELECT state FROM jobs WHERE kind = 'clip.transcode'") ==
          "cancelled");
    tx.run("UPDATE clips SET state = 'served', served_by = 'whatsapp' WHERE id = 1");
    // New ids go on where the old ones ended, and one clip of a profile is in work at most.
    CHECK(tx.scalar<int>("INSERT INTO clips (video_id, profile, state, created_at_ms)"
                         " VALUES (1, 'new', 'planned', 0) RETURNING id") == 4);
  });
  const auto change = [&](const std::string& sql) {
    database->write([&](db::Transaction& tx) { tx.run(sql); });
  };
  CHECK_THROWS_AS(change("DELETE FROM clips WHERE id = 3"), Error);  // the campaign's
  CHECK_THROWS_AS(change("UPDATE clips SET state = 'lost' WHERE id = 1"), Error);
  CHECK_THROWS_AS(change("INSERT INTO clips (video_id, profile, state, created_at_ms)"
                         " VALUES (1, 'whatsapp', 'planned', 0)"),
                  Error);
}

TEST_CASE("messages and all that refers to them outlive the index of their numbers", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql), false);
  const auto& all = db::migrations();
  db::migrate(*database, ManualClock(), {all.begin(), all.begin() + 15});
  database->write([](db::Transaction& tx) {
    addCampaign(tx, "running");
    for (int i = 1; i <= 4; ++i) {
      tx.run("INSERT INTO customers (name, created_at_ms, updated_at_ms) VALUES ('c', 0, 0)");
      tx.run(R"sql(INSERT INTO messages (campaign_id, customer_id, sender_id, address, language,
          state, due_at_ms, state_at_ms, created_at_ms, read_at_ms, tapped, opted_out_at_ms)
        VALUES (1, $1, 1, $2, 'de', 'read', 0, 0, 0, 7, 'button', 9))sql",
             i, (i == 3 ? "DE.1" : "+491701000") + std::to_string(i));
    }
    tx.run(R"sql(INSERT INTO attempts (message_id, number, sender_id, state, state_rank,
        started_at_ms, deadline_at_ms) VALUES (2, 1, 1, 'read', 5, 0, 0))sql");
    tx.run("DELETE FROM messages WHERE id = 4");
  });
  db::migrate(*database, ManualClock());
  const auto insert = [&](int customer, const std::string& address) {
    return database->write([&](db::Transaction& tx) {
      return *tx.scalar<std::int64_t>(R"sql(INSERT INTO messages (campaign_id, customer_id,
            sender_id, address, language, state, due_at_ms, state_at_ms, created_at_ms)
          VALUES (1, $1, 1, $2, 'de', 'queued', 0, 0, 0) RETURNING id)sql",
                                      customer, address);
    });
  };
  database->read([](db::Connection& connection) {
    const auto rows = connection.query<std::int64_t, std::string, std::string, std::int64_t>(
        "SELECT id, address, tapped, read_at_ms + opted_out_at_ms FROM messages ORDER BY id");
    REQUIRE(rows.size() == 3);
    CHECK(rows[1] == std::tuple(2, "+4917010002", "button", 16));
  });
  CHECK_THROWS_AS(insert(1, "+4917019999"), Error);  // one to a customer
  CHECK_THROWS_AS(insert(4, "DE.13"), Error);        // one to a user id
  CHECK(insert(4, "+4917010004") >= 5);              // ids go on where the old ones ended
  CHECK_THROWS_AS(database->write([](db::Transaction& tx) {
    tx.run("DELETE FROM messages WHERE id = 2");  // its attempt refers to it
  }),
                  Error);
}

TEST_CASE("messages that a dispatcher had claimed wait again", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql), false);
  const auto& all = db::migrations();
  db::migrate(*database, ManualClock(), {all.begin(), all.begin() + 17});
  database->write([](db::Transaction& tx) {
    addCampaign(tx, "running");
    tx.run(R"sql(INSERT INTO campaigns (name, state, sender_id, purpose, audience,
        fallback_language, created_at_ms, updated_at_ms)
      VALUES ('m', 'running', 1, 'marketing', '{}', 'de', 0, 0))sql");
    for (const auto& [customer, campaign, state] :
         std::vector<std::tuple<int, int, std::string>>{{1, 1, "claimed"},
                                                        {2, 1, "queued"},
                                                        {3, 1, "claimed"},
                                                        {4, 1, "read"},
                                                        {5, 2, "claimed"}}) {
      tx.run("INSERT INTO customers (name, created_at_ms, updated_at_ms) VALUES ('n', 0, 0)");
      tx.run(R"sql(INSERT INTO messages (campaign_id, customer_id, sender_id, address, language,
          state, due_at_ms, lease_owner, lease_until_ms, state_at_ms, created_at_ms)
        VALUES ($1, $2, 1, $3, 'de', $4, 0, 'node', 9, 0, 0))sql",
             campaign, customer, "+491701000" + std::to_string(customer), state);
      tx.run(R"sql(INSERT INTO campaign_counters (campaign_id, name, value) VALUES ($1, $2, 1)
        ON CONFLICT (campaign_id, name) DO UPDATE SET value = campaign_counters.value + 1)sql",
             campaign, state);
    }
  });
  db::migrate(*database, ManualClock());
  database->read([](db::Connection& connection) {
    CHECK(connection.query<std::string, std::int64_t>(
              "SELECT state, count(*) FROM messages GROUP BY state ORDER BY state") ==
          std::vector<std::tuple<std::string, std::int64_t>>{{"queued", 4}, {"read", 1}});
    CHECK(connection.query<std::int64_t, std::string, std::int64_t>(
              "SELECT campaign_id, name, value FROM campaign_counters ORDER BY 1, 2") ==
          std::vector<std::tuple<std::int64_t, std::string, std::int64_t>>{
              {1, "queued", 3}, {1, "read", 1}, {2, "queued", 1}});
  });
}

TEST_CASE("a database of a newer program is left alone", "[db]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  database->write([](db::Transaction& tx) {
    tx.run("INSERT INTO schema_migrations VALUES (9999, '9999_future', 0)");
  });
  try {
    db::migrate(*database, ManualClock());
    FAIL("must be refused");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::refused);
    CHECK(e.code() == "db.schema_newer");
  }
}

TEST_CASE("statements are cut at semicolons that end them", "[db]") {
  CHECK(db::splitStatements("A 'x;y'; -- no; not here\nB \";\" ;\n ; ") ==
        std::vector<std::string>{"A 'x;y'", "B \";\""});
}
