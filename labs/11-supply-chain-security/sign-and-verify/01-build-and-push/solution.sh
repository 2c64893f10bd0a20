docker build -t registry.lab/shop/app:v1 --push app
