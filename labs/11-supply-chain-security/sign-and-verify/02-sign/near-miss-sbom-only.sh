# fails: signed
# An attestation says something about an image; that is no signature of it, although cosign verify accepts it.
echo '{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"app","dataLicense":"CC0-1.0","documentNamespace":"https://learners.lab/app","packages":[]}' > app.spdx.json
image="registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1)"
cosign attest --type spdxjson --predicate app.spdx.json "$image"
cosign verify --certificate-identity {{session.email}} --certificate-oidc-issuer {{issuer}} "$image"
