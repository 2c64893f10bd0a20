# fails: built-from-source
# The right Dockerfile, a page that is not this session's.
mkdir -p other/www && cp app/Dockerfile other/ && echo '<h1>Another shop</h1>' > other/www/index.html
docker build -t registry.lab/shop/app:v1 --push other
