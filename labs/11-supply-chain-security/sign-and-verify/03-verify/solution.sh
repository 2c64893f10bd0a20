# nano verify.sh
cat > verify.sh <<'SCRIPT'
#!/bin/bash
exec cosign verify --certificate-identity {{session.email}} --certificate-oidc-issuer {{issuer}} "$1"
SCRIPT

crane tag registry.lab/shop/app:v1 stable
bash verify.sh registry.lab/shop/app:stable
bash attack.sh
if bash verify.sh registry.lab/shop/app:stable; then exit 1; fi
cosign download attestation registry.lab/shop/app:v1 > bundle.json

# nano answers.yaml
cat > answers.yaml <<ANSWERS
signer: {{session.email}}
issuer: {{issuer}}
certificate_minutes: 10
log_index: $(jq -r '.verificationMaterial.tlogEntries[0].logIndex // "0"' bundle.json)
stable_digest: $(crane digest registry.lab/shop/app:stable)
ANSWERS
