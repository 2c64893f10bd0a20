# fails: tag-moved
crane tag registry.lab/shop/app:v1 stable
