"""The sample sources: FoodMart's files, and an HTTP API over its sales like a third party's."""
