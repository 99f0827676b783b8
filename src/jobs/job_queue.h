#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "jobs/job.h"

// Durable queue of work: one row per job, shared by all workers of all nodes.
//
// claim() lends a job until its lease ends; then any worker may claim it again. A job runs at least
// once, and handlers must bear a second run. Whoever lost the lease can change nothing any more:
// renew() says false, the others throw Error(conflict) with code "job.lost".
namespace clipcourier::jobs {

class JobQueue {
 public:
  // Borrows the transaction; a job appears, or moves, with whatever else that commits.
  explicit JobQueue(db::Transaction& tx) : tx_(tx) {}

  // Returns the open job of the same kind and dedupe key instead, if there is one.
  JobId add(const NewJob& job, TimePoint now);

  // The most urgent due job of that kind. Jobs whose lease ended are due again, except those that
  // used up their attempts: takeLost() returns these.
  std::optional<Lease> claim(const std::string& kind, const std::string& owner, TimePoint now,
                             Millis lease);
  // Claims one job whose last attempt ended without a word (its process died), to be given up.
  std::optional<Lease> takeLost(const std::string& kind, const std::string& owner, TimePoint now,
                                Millis lease);

  bool renew(const Lease& lease, TimePoint until);
  // Throws unless the lease still holds, and keeps it from being taken until this transaction ends.
  void require(const Lease& lease);
  void progress(const Lease& lease, int percent, const Words& words);

  void finish(const Lease& lease, TimePoint now);
  void retry(const Lease& lease, const Failure& why, TimePoint dueAt);
  void giveUp(const Lease& lease, const Failure& why, TimePoint now);
  void endCancelled(const Lease& lease, TimePoint now);
  // Gives it back untried: the worker has to stop.
  void release(const Lease& lease, TimePoint now);

  // A waiting job ends here; a running one is asked to end, which its worker learns with the next
  // renewal. False when it had ended before.
  bool cancel(JobId id, TimePoint now);
  // The same for all open jobs of that kind about that row.
  void cancelAbout(const std::string& kind, std::int64_t subjectId, TimePoint now);

 private:
  void requireOne(std::int64_t rows, const Lease& lease) const;
  db::Transaction& tx_;
};

// Reads jobs for people.
class JobList {
 public:
  explicit JobList(db::Connection& connection) : connection_(connection) {}
  std::optional<Job> find(JobId id);
  // The youngest job of that kind about that row.
  std::optional<Job> latest(const std::string& kind, std::int64_t subjectId);
  // Waiting and running ones of that kind about rows `first` to `last`, the youngest first; without
  // those that are asked to end.
  std::vector<Job> open(const std::string& kind, std::int64_t first, std::int64_t last);
  bool anyDue(const std::string& kind, TimePoint now);   // something to claim()
  bool anyLost(const std::string& kind, TimePoint now);  // something to takeLost()
  bool cancelRequested(const Lease& lease);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::jobs
