# fails: pushed
# Without a tag the name means latest.
docker build -t registry.lab/shop/app --push app
