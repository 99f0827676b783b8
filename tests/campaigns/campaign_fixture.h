#pragma once

#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "campaigns/campaign_service.h"
#include "campaigns/launch_job.h"
#include "jobs/job_queue.h"
#include "senders/sender_repository.h"
#include "senders/template_repository.h"
#include "support/manual_clock.h"
#include "support/test_database.h"
#include "transcoder/report.h"
#include "videos/clip_repository.h"

namespace clipcourier::campaigns {

// One sender with an approved template, one ready clip with its proof, and customers who agreed.
struct CampaignFixture {
  explicit CampaignFixture(db::Engine engine) : database(engine) {
    ::setenv("CLIPCOURIER_SENDER_TEST_TOKEN", "t0ken", 1);
    database->write([&](db::Transaction& tx) {
      senders::SenderInput sender;
      sender.name = "Shop";
      sender.externalId = "1001";
      sender.accountId = "2001";
      sender.tokenSource = sender.appSecretSource = sender.verifyTokenSource =
          "env:CLIPCOURIER_SENDER_TEST_TOKEN";
      senders::SenderRepository(tx).add(sender, clock.now());
      senders::TemplateRepository(tx).put({1}, approvedTemplate(), clock.now());
      tx.run(R"sql(INSERT INTO videos (title, filename, state, original_sha256, original_bytes,
          created_at_ms, updated_at_ms) VALUES ('v', 'v.mp4', 'ready', 'x', 1, 0, 0))sql");
      tx.run(
          R"sql(INSERT INTO consent_wordings (name, version, language, purpose, channels, tracking,
          text, created_at_ms) VALUES ('news', 1, 'de', 'marketing', '["whatsapp"]', 1, 'Ja', 0))sql");
      addClip(tx);
    });
  }

  static channels::Template approvedTemplate() {
    channels::Template text;
    text.id = "9001";
    text.name = "product_clip";
    text.language = "de";
    text.category = "MARKETING";
    text.status = "APPROVED";
    text.namedParameters = true;
    text.headerFormat = "VIDEO";
    text.bodyText = "Hallo {{first_name}}, hier ist Ihr Clip zu {{product}}.";
    text.buttons = {{"URL", "Video ansehen", "https://shop.example/w/{{1}}"},
                    {"QUICK_REPLY", "Abmelden", ""}};
    text.componentsJson = R"([
      {"type": "HEADER", "format": "VIDEO"},
      {"type": "BODY", "text": "Hallo {{first_name}}, hier ist Ihr Clip zu {{product}}."},
      {"type": "BUTTONS", "buttons": [
        {"type": "URL", "text": "Video ansehen", "url": "https://shop.example/w/{{1}}"},
        {"type": "QUICK_REPLY", "text": "Abmelden"}]}])";
    return text;
  }

  void addClip(db::Transaction& tx) {
    transcoder::Report report;
    report.profile = "whatsapp";
    report.sha256 = crypto::hex(crypto::sha256("clip"));
    report.bytes = 4;
    report.passed = true;
    const std::string text = canonicalBytes(report);
    tx.run(
        R"sql(INSERT INTO clips (video_id, profile, state, sha256, bytes, width, height, duration_ms,
        poster_sha256, poster_bytes, thumbnail_sha256, thumbnail_bytes, report, report_mac, created_at_ms,
        ready_at_ms)
      VALUES (1, 'whatsapp', 'ready', $1, 4, 720, 1280, 9000, $2, 1, $2, 1, $3, $4, 0, 0))sql",
        report.sha256, std::string(64, 'b'), text, proof.mac(report.sha256, text));
  }

  void addCustomers(int count, const std::string& locale = "de") {
    database->write([&](db::Transaction& tx) {
      for (int i = 0; i < count; ++i) {
        const int id = ++customers;
        tx.run(
            "INSERT INTO customers (name, locale, created_at_ms, updated_at_ms) VALUES ('Jana', "
            "$1, 0, 0)",
            locale);
        tx.run(
            "INSERT INTO customer_identities (customer_id, kind, value, created_at_ms) "
            "VALUES ($1, 'phone', $2, 0)",
            id, "+49171" + std::to_string(1'000'000 + id));
        tx.run(
            "INSERT INTO consents (customer_id, channel, purpose, state, wording_id, tracking, "
            "ledger_seq, "
            "changed_at_ms) VALUES ($1, 'whatsapp', 'marketing', 'given', 1, 1, 1, 0)",
            id);
      }
    });
  }

  CampaignInput input() {
    CampaignInput in;
    in.name = "Sommer";
    in.sender = {1};
    messages::Content content;
    content.language = "de";
    content.clip = {1};
    content.templateName = "product_clip";
    content.templateLanguage = "de";
    content.variables =
        messages::parseVariables({{"first_name", {{"field", "first_name"}, {"fallback", "Kunde"}}},
                                  {"product", {{"text", "Modell 7"}}}});
    in.contents = {content};
    return in;
  }

  // Runs the job of that kind as a worker would; false when there is none.
  bool runJob(const jobs::Handler& handler) {
    const auto lease = database->write([&](db::Transaction& tx) {
      return jobs::JobQueue(tx).claim(handler.kind, "test", clock.now(), Millis(60'000));
    });
    if (!lease) return false;
    jobs::JobContext context(*database, clock, *lease);
    handler.run(context);
    if (!context.finished()) context.finish([](db::Transaction&) {});
    return true;
  }
  LaunchJob launchJob() {
    return LaunchJob(
        *database, senders,
        [this](SenderId, const std::string& sha256) { uploaded.push_back(sha256); }, clock,
        [this] { ++wakes; });
  }

  std::vector<std::string> codes(const CampaignInput& in) {
    Campaign campaign;
    static_cast<CampaignInput&>(campaign) = in;
    for (messages::Content& content : campaign.contents)
      content.clipSha256 = crypto::hex(crypto::sha256("clip"));
    std::vector<std::string> list;
    for (const ErrorDetail& problem : check.problems(campaign)) list.push_back(problem.code);
    return list;
  }
  std::int64_t number(const std::string& sql) {
    return database->read([&](db::Connection& c) { return *c.scalar<std::int64_t>(sql); });
  }

  int customers = 0, wakes = 0;
  std::vector<std::string> uploaded;
  ManualClock clock;
  TestDatabase database;
  crypto::KeyRing keys{Secret("master")};
  videos::ClipProof proof{keys};
  senders::SecretSources secrets{"/nowhere"};
  senders::SenderDirectory senders{*database, secrets, clock};
  LaunchCheck check{*database, senders, proof, "https://shop.example"};
  users::AuditLog audit{clock};
  jobs::Bell bell;
  CampaignService service{*database, check, audit, bell, clock, [this] { ++wakes; }};
  Actor actor{"token", "1", "req"};
};

}  // namespace clipcourier::campaigns
