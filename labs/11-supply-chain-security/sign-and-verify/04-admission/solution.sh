kubectl label namespace shop policy.sigstore.dev/include=true

# nano policy.yaml
sed -i -e 's/mode: warn/mode: enforce/' -e 's#glob: .*#glob: registry.lab/**#' -e 's/subjectRegExp: .*/subject: {{session.email}}/' policy.yaml

kubectl apply -f policy.yaml

# nano deployment.yaml
sed -i "s#image: .*#image: registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1)#" deployment.yaml

# The webhook hears of a new policy a moment after it was created.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  if kubectl apply -f deployment.yaml; then break; fi
  sleep 1
done
kubectl -n shop rollout status deployment/app --timeout=90s
