-- What only PostgreSQL needs beside 0004_registration.sql: indexes.
CREATE INDEX registration_user ON registration (user_id, local_day);
CREATE INDEX registration_row_customer ON registration_row (customer_id);
CREATE INDEX registration_row_membership ON registration_row (membership_id);
CREATE INDEX customer_merged ON customer (merged_into);
CREATE INDEX merge_customer ON merge (customer_id);
