-- What only PostgreSQL needs beside 0001_initial.sql: byte order for keys that are searched by prefix, and indexes.
ALTER TABLE customer ALTER COLUMN identity TYPE VARCHAR COLLATE "C";
ALTER TABLE customer_name ALTER COLUMN name_key TYPE VARCHAR COLLATE "C";

CREATE INDEX customer_name_key ON customer_name (name_key);
CREATE INDEX customer_name_customer ON customer_name (customer_id);
CREATE INDEX membership_customer ON membership (customer_id);
CREATE INDEX membership_change_customer ON membership_change (customer_id);
CREATE INDEX booking_start ON booking (starts_at, unit_id);
CREATE INDEX booking_customer ON booking (customer_id);
CREATE INDEX dose_customer ON dose (customer_id);
CREATE INDEX dose_change_customer ON dose_change (customer_id);
CREATE INDEX access_log_at ON access_log (logged_at);
CREATE INDEX access_log_customer ON access_log (customer_id);
