#!/bin/bash
# Plays somebody who has stolen a password to the registry: takes your image, changes the page,
# and moves the tag "stable" to the result. Whoever pulls "stable" now gets this.
set -eu
folder=$(mktemp -d)
mkdir "$folder/www"
echo '<h1>Welcome to the shop</h1><p>Please enter your card number.</p>' >"$folder/www/index.html"
tar -C "$folder" -cf "$folder/layer.tar" www
crane append --platform "linux/$(dpkg --print-architecture)" --base registry.lab/shop/app:v1 \
  --new_layer "$folder/layer.tar" --new_tag registry.lab/shop/app:stable >/dev/null 2>&1
echo 'The tag stable has been moved.'
