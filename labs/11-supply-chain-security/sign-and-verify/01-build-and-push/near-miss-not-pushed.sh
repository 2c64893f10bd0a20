# fails: pushed
# Built, but the result stayed in the builder.
docker build -t registry.lab/shop/app:v1 app
