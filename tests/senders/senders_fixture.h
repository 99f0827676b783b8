#pragma once

#include <stdlib.h>

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/byte_source.h"
#include "media/folder_store.h"
#include "net/http_engine.h"
#include "senders/media_ledger.h"
#include "senders/sender_check.h"
#include "senders/sender_repository.h"
#include "senders/sender_service.h"
#include "senders/template_repository.h"
#include "senders/template_sync.h"
#include "support/http_responder.h"
#include "support/manual_clock.h"
#include "support/test_database.h"
#include "support/text_source.h"
#include "users/audit_log.h"

namespace clipcourier::senders {

// One sender whose provider is a responder of the test; everything else is real.
struct Fixture {
  using Answer = std::function<ResponderReply(const ResponderRequest&)>;

  explicit Fixture(db::Engine engine, Answer provider = {})
      : answer_(std::move(provider)),
        database(engine),
        responder([this](const ResponderRequest& request) { return answer(request); }),
        http(net::makeHttpEngine()),
        store(folder / "media"),
        secrets(folder.path().string()),
        directory(*database, secrets, clock),
        service(*database, secrets, directory, clock),
        ledger(*database, *http, directory, store, clock),
        sync(*database, *http, directory, clock) {
    ::setenv("CLIPCOURIER_SENDER_TEST_TOKEN", "t0ken", 1);
    ::setenv("CLIPCOURIER_SENDER_TEST_SECRET", "app-secret", 1);
  }

  SenderInput input() const {
    SenderInput in;
    in.name = "Haupt";
    in.externalId = "1055";
    in.accountId = "2066";
    in.baseUrl = responder.url();
    in.tokenSource = "env:CLIPCOURIER_SENDER_TEST_TOKEN";
    in.appSecretSource = in.verifyTokenSource = "env:CLIPCOURIER_SENDER_TEST_SECRET";
    return in;
  }
  Sender add() { return service.create(input(), actor); }
  std::string storeFile(const std::string& bytes) {
    TextSource source(bytes);
    return store.put(source, 1_MB).sha256;
  }
  std::vector<std::string> audited() {
    std::vector<std::string> actions;
    for (const auto& entry :
         database->read([](db::Connection& c) { return users::AuditLog::list(c, 0, 100); })) {
      actions.insert(actions.begin(), entry.action);
    }
    return actions;
  }
  void provider(Answer next) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(next);
  }

 private:
  ResponderReply answer(const ResponderRequest& request) {
    Answer now;
    {
      const std::lock_guard lock(mutex_);
      now = answer_;
    }
    return now(request);
  }
  std::mutex mutex_;
  Answer answer_;

 public:
  TempFolder folder;
  ManualClock clock;
  TestDatabase database;
  HttpResponder responder;
  std::unique_ptr<net::HttpEngine> http;
  media::FolderStore store;
  SecretSources secrets;
  SenderDirectory directory;
  SenderService service;
  MediaLedger ledger;
  TemplateSync sync;
  Actor actor{"token", "7", "req-1"};
};

inline ResponderReply json(const nlohmann::json& body, int status = 200) {
  ResponderReply reply;
  reply.status = status;
  reply.body = body.dump();
  return reply;
}

inline ResponderReply graphError(int code, int status = 400) {
  return json({{"error", {{"message", "(#x) title"}, {"code", code}}}}, status);
}

}  // namespace clipcourier::senders
