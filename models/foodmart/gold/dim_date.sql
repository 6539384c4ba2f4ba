-- description: One row for each day of the calendar.
-- key: date_id
SELECT
    d.time_id AS date_id,
    d.the_date,
    d.the_year AS year,
    d.quarter,
    d.month_of_year,
    d.the_month,
    d.week_of_year,
    d.day_of_month,
    d.the_day
FROM silver.dates AS d
