-- description: One row for each sale line.
-- key: sale_id
-- incremental: sales
SELECT
    s.id AS sale_id,
    s.time_id AS date_id,
    s.product_id,
    s.customer_id,
    s.promotion_id,
    s.store_id,
    s.unit_sales,
    s.store_sales,
    s.store_cost
FROM silver.sales AS s
