-- description: One current row for each customer, without what names or finds a person.
-- key: customer_id
SELECT
    c.customer_id,
    c.city,
    c.state_province,
    c.country,
    c.customer_region_id,
    c.marital_status,
    c.yearly_income,
    c.gender,
    c.total_children,
    c.num_children_at_home,
    c.education,
    c.date_accnt_opened,
    c.member_card,
    c.occupation,
    c.houseowner,
    c.num_cars_owned
FROM silver.customers AS c
