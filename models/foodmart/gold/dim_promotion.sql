-- description: One row for each promotion; 0 stands for none.
-- key: promotion_id
SELECT
    p.promotion_id,
    p.promotion_district_id,
    p.promotion_name,
    p.media_type,
    p.cost,
    p.start_date,
    p.end_date
FROM silver.promotions AS p
