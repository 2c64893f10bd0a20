# fails: covers-registry
# All but the images is right: the policy knows one repository.
kubectl label namespace shop policy.sigstore.dev/include=true
sed -i -e 's/mode: warn/mode: enforce/' -e 's/subjectRegExp: .*/subject: {{session.email}}/' policy.yaml
kubectl apply -f policy.yaml
