# fails: built-from-source
# A ready-made image under the wanted name.
crane copy registry.lab/samples/hello:v1 registry.lab/shop/app:v1
