# fails: signed
# approved by: mallory@learners.lab
# The right image, signed by somebody else.
cosign sign "registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1)"
