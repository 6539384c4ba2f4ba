-- title: Sales by region, as tills ring them up
SELECT
    COALESCE(r.sales_region, 'Unknown') AS sales_region,
    CAST(SUM(e.unit_sales) AS BIGINT) AS unit_sales,
    CAST(SUM(e.store_sales) AS DECIMAL(20, 2)) AS store_sales,
    COUNT(*) AS events
FROM stream.pos_sales AS e
LEFT JOIN gold.dim_store AS s ON e.store_id = s.store_id
LEFT JOIN gold.dim_region AS r ON s.region_id = r.region_id
GROUP BY COALESCE(r.sales_region, 'Unknown')
ORDER BY sales_region
