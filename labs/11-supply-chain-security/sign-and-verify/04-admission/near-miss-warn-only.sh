# fails: refuses-unsigned
# All but the mode is right: the policy only warns.
kubectl label namespace shop policy.sigstore.dev/include=true
sed -i -e 's#glob: .*#glob: registry.lab/**#' -e 's/subjectRegExp: .*/subject: {{session.email}}/' policy.yaml
kubectl apply -f policy.yaml
