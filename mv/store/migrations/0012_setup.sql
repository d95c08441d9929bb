-- What a new store's first day asks for beside people: since when it is, and what was decided about each step.
INSERT INTO meta (key, value)
SELECT 'made_at', CAST(min(logged_at) AS VARCHAR) FROM access_log
HAVING min(logged_at) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'made_at');

-- A step of the setup that is done elsewhere, or is not for this clinic, and why.
CREATE TABLE setup_decision (
    step VARCHAR PRIMARY KEY,
    note VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    decided_by VARCHAR NOT NULL
);
