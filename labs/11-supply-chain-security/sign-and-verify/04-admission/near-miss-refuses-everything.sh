# fails: admits-yours
# A policy that refuses everything is easy to write: nobody has this identity.
kubectl label namespace shop policy.sigstore.dev/include=true
sed -i -e 's/mode: warn/mode: enforce/' -e 's#glob: .*#glob: registry.lab/**#' -e 's/subjectRegExp: .*/subject: nobody@learners.lab/' policy.yaml
kubectl apply -f policy.yaml
