-- Whom a provider spares for a time, by the code of its refusal: no campaign of that purpose writes to them
-- until then.
CREATE TABLE cool_offs (
  customer_id BIGINT NOT NULL REFERENCES customers (id),
  channel TEXT NOT NULL,
  purpose TEXT NOT NULL,
  code TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  PRIMARY KEY (customer_id, channel, purpose)
);
CREATE INDEX cool_offs_until ON cool_offs (until_ms);

-- How many of the refusals ended their message.
ALTER TABLE provider_errors ADD COLUMN given_up BIGINT NOT NULL DEFAULT 0;
