# fails: refuses-others
# All but the identity is right: everybody who can sign in will do.
kubectl label namespace shop policy.sigstore.dev/include=true
sed -i -e 's/mode: warn/mode: enforce/' -e 's#glob: .*#glob: registry.lab/**#' policy.yaml
kubectl apply -f policy.yaml
