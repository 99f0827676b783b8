#include "metrics/database_metrics.h"
#include "metrics/instruments.h"
#include "metrics/process_metrics.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/test_database.h"

using namespace clipcourier;
using namespace clipcourier::metrics;

namespace {

bool has(const std::string& text, const std::string& line) {
  INFO(text);
  const bool found = ('\n' + text).find('\n' + line + '\n') != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("a histogram counts what took at most its bounds", "[metrics]") {
  Histogram histogram("wait_seconds", "How long.", {0.5, 2});
  for (const double took : {0.1, 0.5, 1.0, 9.0})
    histogram.observe({{"route", "/a\"b\\c\n"}}, std::chrono::duration<double>(took));
  Exposition out;
  histogram.write(out);
  const std::string labels = R"({route="/a\"b\\c\n")";
  CHECK(out.text() ==
        "# HELP clipcourier_wait_seconds How long.\n"
        "# TYPE clipcourier_wait_seconds histogram\n"
        "clipcourier_wait_seconds_bucket" +
            labels +
            ",le=\"0.5\"} 2\n"
            "clipcourier_wait_seconds_bucket" +
            labels +
            ",le=\"2\"} 3\n"
            "clipcourier_wait_seconds_bucket" +
            labels +
            ",le=\"+Inf\"} 4\n"
            "clipcourier_wait_seconds_sum" +
            labels +
            "} 10.6\n"
            "clipcourier_wait_seconds_count" +
            labels + "} 4\n");
}

TEST_CASE("counters are kept for each set of labels", "[metrics]") {
  Counter counter("things_total", "Things.");
  counter.add({{"kind", "a"}});
  counter.add({{"kind", "a"}}, 2);
  counter.add({{"kind", "b"}});
  Exposition out;
  counter.write(out);
  has(out.text(), "clipcourier_things_total{kind=\"a\"} 3");
  has(out.text(), "clipcourier_things_total{kind=\"b\"} 1");
}

TEST_CASE("an empty database has metrics without gaps", "[metrics]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  Exposition out;
  database->read([&](db::Connection& c) { writeDatabaseMetrics(out, c, ManualClock().now()); });
  has(out.text(), "clipcourier_messages{state=\"queued\"} 0");
  has(out.text(), "clipcourier_queue_oldest_due_age_seconds 0");
  has(out.text(), "clipcourier_webhooks_waiting 0");
  has(out.text(), "clipcourier_webhooks_lag_seconds 0");
}

TEST_CASE("queue, senders, webhooks and jobs are told from their rows", "[metrics]") {
  TestDatabase database(GENERATE(db::Engine::sqlite, db::Engine::postgresql));
  ManualClock clock;
  database->write([&](db::Transaction& tx) {
    tx.run(R"sql(INSERT INTO senders (channel, name, external_id, account_id, base_url, api_version,
        token_source, app_secret_source, verify_token_source, messages_per_second, state,
        created_at_ms, updated_at_ms)
        VALUES ('whatsapp', 'Geheim', '491711234567', '2', '', '', '', '', '', 80, 'active', 0, 0))sql");
    tx.run(
        R"sql(INSERT INTO campaigns (name, state, sender_id, purpose, audience, fallback_language,
        created_at_ms, updated_at_ms) VALUES ('Geheim', 'running', 1, 'marketing', '{}', 'de', 0, 0))sql");
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, int>>{
             {"queued", 70}, {"held", 5}, {"sending", 3}, {"sent", 10}, {"read", 2}, {"opened", 1}})
      tx.run("INSERT INTO campaign_counters (campaign_id, name, value) VALUES (1, $1, $2)", name,
             value);
    tx.run(
        "INSERT INTO customers (name, locale, created_at_ms, updated_at_ms) "
        "VALUES ('Geheim', 'de', 0, 0)");
    tx.run(
        R"sql(INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state,
        due_at_ms, state_at_ms, created_at_ms)
        VALUES (1, 1, 1, '+49171', 'de', 'queued', $1, 0, 0))sql",
        clock.now() - Millis(90'000));
    tx.run(R"sql(INSERT INTO webhooks (channel, received_at_ms, body, state, due_at_ms)
        VALUES ('whatsapp', $1, '{}', 'stored', 0))sql",
           clock.now() - Millis(2'500));
    tx.run(
        R"sql(INSERT INTO jobs (kind, payload, state, priority, due_at_ms, attempts, max_attempts,
        fence, created_at_ms) VALUES ('video.probe', '{}', 'waiting', 0, 0, 0, 1, 0, 0))sql");
  });
  Exposition out;
  database->read([&](db::Connection& c) { writeDatabaseMetrics(out, c, clock.now()); });
  has(out.text(), "clipcourier_messages{state=\"queued\"} 70");
  has(out.text(), "clipcourier_queue_depth 75");
  has(out.text(), "clipcourier_messages_in_flight 3");
  has(out.text(), "clipcourier_queue_oldest_due_age_seconds 90");
  has(out.text(),
      "clipcourier_sender_limit_messages_per_second{sender=\"1\",channel=\"whatsapp\"} 80");
  has(out.text(), "# TYPE clipcourier_sender_messages gauge");
  has(out.text(), "clipcourier_sender_messages{sender=\"1\",channel=\"whatsapp\"} 12");
  has(out.text(), "clipcourier_webhooks_waiting 1");
  has(out.text(), "clipcourier_webhooks_lag_seconds 2.5");
  has(out.text(), "clipcourier_jobs{kind=\"video.probe\",state=\"waiting\"} 1");
  has(out.text(), "clipcourier_campaigns{state=\"running\"} 1");
  CHECK(out.text().find("Geheim") == std::string::npos);
  CHECK(out.text().find("49171") == std::string::npos);
}

TEST_CASE("the process and its disks are measured", "[metrics]") {
  Exposition out;
  writeProcessMetrics(out);
  writeDiskMetrics(out, {{"media", "/"}, {"gone", "/nowhere"}});
  const auto value = [&](const std::string& name) {
    const std::size_t at = out.text().find("\nclipcourier_" + name + ' ');
    REQUIRE(at != std::string::npos);
    return std::stod(out.text().substr(at + name.size() + 14));
  };
  CHECK(value("process_resident_memory_bytes") > 1e6);
  CHECK(value("process_threads") >= 1);
  CHECK(value("process_open_fds") >= 3);
  CHECK(value("process_max_fds") >= value("process_open_fds"));
  CHECK(value("disk_free_bytes{folder=\"media\"}") > 0);
  CHECK(out.text().find("gone") == std::string::npos);
}
