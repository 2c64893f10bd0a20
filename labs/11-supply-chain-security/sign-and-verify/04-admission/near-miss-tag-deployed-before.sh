# fails: app-runs
# Deployed by tag before the policy was there: the attacker's image goes on running.
kubectl apply -f deployment.yaml
kubectl -n shop rollout status deployment/app --timeout=90s
kubectl label namespace shop policy.sigstore.dev/include=true
sed -i -e 's/mode: warn/mode: enforce/' -e 's#glob: .*#glob: registry.lab/**#' -e 's/subjectRegExp: .*/subject: {{session.email}}/' policy.yaml
kubectl apply -f policy.yaml
