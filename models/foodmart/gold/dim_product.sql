-- description: One current row for each product, with the class that it is in.
-- key: product_id
SELECT
    p.product_id,
    p.product_name,
    p.brand_name,
    p.product_class_id,
    c.product_subcategory,
    c.product_category,
    c.product_department,
    c.product_family,
    p.sku,
    p.srp,
    p.gross_weight,
    p.net_weight,
    p.recyclable_package,
    p.low_fat,
    p.units_per_case,
    p.cases_per_pallet,
    p.shelf_width,
    p.shelf_height,
    p.shelf_depth
FROM silver.products AS p
LEFT JOIN silver.product_classes AS c ON p.product_class_id = c.product_class_id
