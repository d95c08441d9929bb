-- When the product, day and group of each dose became what they are, from its changes.
UPDATE dose SET completed_at = latest.changed_at
FROM (
    SELECT dose_id, max(changed_at) AS changed_at
    FROM (
        SELECT dose_id, version, changed_at, product_code, given_on, group_code, subgroup_code,
            lag(product_code) OVER before AS old_product, lag(given_on) OVER before AS old_day,
            lag(group_code) OVER before AS old_group, lag(subgroup_code) OVER before AS old_subgroup
        FROM dose_change WINDOW before AS (PARTITION BY dose_id ORDER BY version)
    ) AS changes
    WHERE version = 1 OR product_code <> old_product OR given_on <> old_day
        OR group_code IS DISTINCT FROM old_group OR subgroup_code IS DISTINCT FROM old_subgroup
    GROUP BY dose_id
) AS latest
WHERE latest.dose_id = dose.dose_id AND dose.completed_at IS NULL;
UPDATE dose SET completed_at = registered_at WHERE completed_at IS NULL;
