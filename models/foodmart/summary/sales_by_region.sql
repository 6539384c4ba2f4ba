-- title: Sales by region and year
-- pivot: year, store_sales
SELECT
    a.sales_region,
    a.year,
    CAST(SUM(a.unit_sales) AS BIGINT) AS unit_sales,
    CAST(SUM(a.store_sales) AS DECIMAL(20, 2)) AS store_sales,
    CAST(SUM(a.store_cost) AS DECIMAL(20, 2)) AS store_cost
FROM gold.agg_sales_region_month AS a
GROUP BY a.sales_region, a.year
ORDER BY a.sales_region, a.year
