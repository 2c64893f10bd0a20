# fails: signed
# Signed, then pushed once more: the tag names an image that nobody has signed.
cosign sign "registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1)"
echo '<p>One more line.</p>' >> app/www/index.html
docker build -t registry.lab/shop/app:v1 --push app
