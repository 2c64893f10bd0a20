# fails: namespace-included
# A good policy, but nobody asks it: the namespace is not labelled.
sed -i -e 's/mode: warn/mode: enforce/' -e 's#glob: .*#glob: registry.lab/**#' -e 's/subjectRegExp: .*/subject: {{session.email}}/' policy.yaml
kubectl apply -f policy.yaml
