#pragma once

#include "jobs/bell.h"
#include "jobs/job_runner.h"
#include "senders/template_sync.h"

namespace clipcourier::senders {

// Reads the templates of all active senders from their providers now and then, and at once when a
// webhook speaks of one that is not known or was changed. Borrows its arguments. Thread-safe.
class TemplateJobs {
 public:
  TemplateJobs(db::Database& database, TemplateSync& sync, const Clock& clock, jobs::Bell& bell,
               Millis every)
      : database_(database), sync_(sync), clock_(clock), bell_(bell), every_(every) {}

  // Adds a job for each sender that is due, and makes it due again after `every`. Returns how many.
  int addDue();
  jobs::Handler handler();

 private:
  db::Database& database_;
  TemplateSync& sync_;
  const Clock& clock_;
  jobs::Bell& bell_;
  Millis every_;
};

}  // namespace clipcourier::senders
