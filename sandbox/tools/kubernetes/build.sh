version=$(module-version k8s.io/kubernetes)
minor=${version#v1.}
minor=${minor%%.*}
base=k8s.io/component-base/version
# Fetches what is missing for all of them at once: a network that fails does so before the long part.
go list -deps tool >/dev/null || { sleep 5; go list -deps tool >/dev/null; }
for name in kubelet kubeadm kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
  build-tool "$name" "k8s.io/kubernetes/cmd/$name" \
    -X "$base.gitVersion=$version" -X "$base.gitMajor=1" -X "$base.gitMinor=$minor" -X "$base.gitTreeState=clean" \
    -X "k8s.io/client-go/pkg/version.gitVersion=$version"
done
