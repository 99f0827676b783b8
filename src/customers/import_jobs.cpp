#include "customers/import_jobs.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/words.h"
#include "jobs/job_queue.h"

namespace clipcourier::customers {
namespace {

using Json = nlohmann::json;

jobs::NewJob jobFor(ImportId id, const Actor& actor, TimePoint now) {
  jobs::NewJob job;
  job.kind = kImportJob;
  job.subjectId = id.value;
  job.payload =
      Json{{"actor", {{"kind", actor.kind}, {"id", actor.id}, {"request", actor.requestId}}}}
          .dump();
  job.dedupeKey = std::to_string(id.value);
  job.dueAt = now;
  return job;
}

Actor actorOf(const std::string& payload) {
  const Json actor = Json::parse(payload).at("actor");
  return {actor.at("kind"), actor.at("id"), actor.at("request")};
}

Words wordsOf(const Import& import) {
  const std::string lines = std::to_string(import.linesDone);
  return {lines + " Zeilen importiert", lines + " lines imported"};
}

}  // namespace

Import ImportJobs::begin(ByteSource& file, bool dryRun, const Actor& actor,
                         const Also& also) const {
  const std::string path = inbox_.store(file);
  try {
    Import begun = imports_.inspect(path, dryRun);
    begun.createdAt = clock_.now();
    database_.write([&](db::Transaction& tx) {
      begun.id = imports_.add(tx, begun);
      jobs::JobQueue(tx).add(jobFor(begun.id, actor, begun.createdAt), begun.createdAt);
      audit_.record(tx, actor, "import.started", "import", begun.id.value,
                    {{"file_sha256", begun.fileSha256}, {"dry_run", dryRun}});
      if (also) also(tx, begun);
    });
    bell_.ring();
    return begun;
  } catch (...) {
    inbox_.remove(path);
    throw;
  }
}

void ImportJobs::removeAbandoned(Millis age) const {
  for (const std::string& file : inbox_.untouchedFor(age)) {
    const bool needed =
        database_.read([&](db::Connection& c) { return ImportRepository(c).needs(file); });
    if (!needed) inbox_.remove(file);
  }
}

jobs::Handler ImportJobs::handler() const {
  jobs::Handler handler;
  handler.kind = kImportJob;
  handler.run = [this](jobs::JobContext& job) { run(job); };
  handler.gaveUp = [this](db::Transaction& tx, const jobs::Lease& lease, const jobs::Failure& why) {
    const ImportId id{lease.subjectId};
    const auto import = ImportRepository(tx).find(id);
    if (!import) return;
    imports_.fail(tx, id, why.code, why.what, why.hint);
    inbox_.remove(import->file);
  };
  return handler;
}

void ImportJobs::run(jobs::JobContext& job) const {
  const ImportId id{job.lease().subjectId};
  const Import import = imports_.run(id, actorOf(job.lease().payload), [&](const Import& now) {
    const auto percent = now.bytesTotal == 0 ? 100 : 100 * now.bytesDone / now.bytesTotal;
    job.progress(static_cast<int>(percent), wordsOf(now));
    return !job.cancelled();
  });
  if (import.state == ImportState::running)
    throw Error(ErrorKind::unavailable, "the import was asked to stop", "it goes on later",
                "import.stopped");
  inbox_.remove(import.file);
}

}  // namespace clipcourier::customers
