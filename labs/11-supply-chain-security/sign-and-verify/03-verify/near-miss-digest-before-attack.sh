# fails: stable-digest
# Noted before the attack, or for the wrong tag.
crane tag registry.lab/shop/app:v1 stable
bash attack.sh
echo "stable_digest: $(crane digest registry.lab/shop/app:v1)" > answers.yaml
