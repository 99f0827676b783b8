-- Whom a channel could not reach: at which address, in how many campaigns one after the other, and when
-- it last said so.
CREATE TABLE unreached (
  customer_id BIGINT NOT NULL REFERENCES customers (id),
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  campaigns INTEGER NOT NULL,
  last_campaign_id BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (customer_id, channel)
);
