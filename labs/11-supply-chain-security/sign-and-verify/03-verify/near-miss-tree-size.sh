# fails: log-index
# The size of the log is not the index of the entry.
cosign download attestation registry.lab/shop/app:v1 > bundle.json
echo "log_index: $(jq -r '.verificationMaterial.tlogEntries[0].inclusionProof.treeSize' bundle.json)" > answers.yaml
