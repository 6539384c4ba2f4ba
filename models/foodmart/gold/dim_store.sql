-- description: One current row for each store.
-- key: store_id
SELECT
    s.store_id,
    s.store_type,
    s.store_name,
    s.store_number,
    s.store_street_address,
    s.store_city,
    s.store_state,
    s.store_postal_code,
    s.store_country,
    s.region_id,
    s.first_opened_date,
    s.last_remodel_date,
    s.store_sqft,
    s.grocery_sqft,
    s.frozen_sqft,
    s.meat_sqft,
    s.coffee_bar,
    s.video_store,
    s.salad_bar,
    s.prepared_food,
    s.florist
FROM silver.stores AS s
