-- description: Sales by region and month. Lines of a store, region or day that isn't known yet count too.
-- key: sales_region, year, month_of_year
-- incremental: fact_sales
SELECT
    COALESCE(r.sales_region, 'Unknown') AS sales_region,
    COALESCE(d.year, 0) AS year,
    COALESCE(d.month_of_year, 0) AS month_of_year,
    CAST(SUM(f.unit_sales) AS DECIMAL(20, 4)) AS unit_sales,
    CAST(SUM(f.store_sales) AS DECIMAL(20, 4)) AS store_sales,
    CAST(SUM(f.store_cost) AS DECIMAL(20, 4)) AS store_cost,
    COUNT(*) AS sales_count
FROM gold.fact_sales AS f
LEFT JOIN gold.dim_store AS s ON f.store_id = s.store_id
LEFT JOIN gold.dim_region AS r ON s.region_id = r.region_id
LEFT JOIN gold.dim_date AS d ON f.date_id = d.date_id
GROUP BY
    COALESCE(r.sales_region, 'Unknown'),
    COALESCE(d.year, 0),
    COALESCE(d.month_of_year, 0)
