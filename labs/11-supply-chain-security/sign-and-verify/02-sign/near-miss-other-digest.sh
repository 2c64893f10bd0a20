# fails: signed
# A good signature, on the sample image.
crane copy registry.lab/samples/hello:v1 registry.lab/shop/app:sample
cosign sign "registry.lab/shop/app@$(crane digest registry.lab/shop/app:sample)"
