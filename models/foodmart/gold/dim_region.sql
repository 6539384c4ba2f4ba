-- description: One row for each city of a sales region.
-- key: region_id
SELECT
    r.region_id,
    r.sales_city,
    r.sales_state_province,
    r.sales_district_id,
    r.sales_district,
    r.sales_region,
    r.sales_country
FROM silver.regions AS r
