-- What only PostgreSQL needs beside 0003_reimbursement.sql: indexes.
CREATE INDEX dose_given ON dose (given_on);
CREATE INDEX customer_birth ON customer (birth_date);
CREATE INDEX claim_line_dose ON claim_line (dose_id);
CREATE INDEX claim_line_customer ON claim_line (customer_id);
CREATE INDEX claim_line_identity ON claim_line (identity);
CREATE INDEX claim_line_corrected ON claim_line (corrects_claim_id, corrects_line_number);
CREATE INDEX payment_line ON payment (claim_id, line_number);
CREATE INDEX identity_change_old ON identity_change (old_identity);
