cosign sign "registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1)"
