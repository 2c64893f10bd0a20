# fails: signed
# The image inside the index is signed, the index that the tag names is not.
cosign sign "registry.lab/shop/app@$(crane manifest registry.lab/shop/app:v1 | jq -r '.manifests[] | select(.platform.os == "linux") | .digest')"
