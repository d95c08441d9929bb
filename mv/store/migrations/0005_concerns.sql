-- What is unusual about a group or a dose, so that whoever saves it is asked.

-- The legal sex that a group is usually of, as identity numbers give it; NULL where of both. A hint, no rule.
ALTER TABLE customer_group ADD COLUMN sex VARCHAR;

-- So many days are to lie between two doses of this kind of vaccine where no rule of reimbursement says how many.
ALTER TABLE vaccine ADD COLUMN days_between INTEGER;
ALTER TABLE vaccine ADD COLUMN days_between_source VARCHAR;

-- Why a dose is right although something about it is unusual.
ALTER TABLE dose ADD COLUMN reason VARCHAR;
ALTER TABLE dose_change ADD COLUMN reason VARCHAR;
