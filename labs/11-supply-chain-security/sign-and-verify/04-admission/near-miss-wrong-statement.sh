# fails: refuses-sbom-only
# Asks for an SBOM in place of a signature.
kubectl label namespace shop policy.sigstore.dev/include=true
sed -i -e 's/mode: warn/mode: enforce/' -e 's#glob: .*#glob: registry.lab/**#' -e 's/subjectRegExp: .*/subject: {{session.email}}/' -e 's#predicateType: .*#predicateType: https://spdx.dev/Document#' policy.yaml
kubectl apply -f policy.yaml
