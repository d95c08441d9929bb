-- What is unusual about a group or a dose, so that whoever saves it is asked.

-- The legal sex that a group is usually of, as identity numbers give it; NULL where of both. A hint, no rule.
ALTER TABLE customer_group ADD COLUMN sex VARCHAR;
