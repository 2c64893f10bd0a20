import { admission, defineChecks, kube } from '#lab-kit/checks';

const inShop = { namespace: 'shop' };

export const checks = defineChecks([
  {
    id: 'namespace-included',
    title: 'The namespace shop asks to be checked',
    hints: [
      'Look at the labels: kubectl get namespace shop --show-labels',
      'policy-controller looks only at namespaces with the label policy.sigstore.dev/include=true.',
      'Run: kubectl label namespace shop policy.sigstore.dev/include=true',
    ],
    check: kube.object('/api/v1/namespaces/shop', {
      field: ['metadata', 'labels', 'policy.sigstore.dev/include'],
      equals: 'true',
    }),
  },
  {
    id: 'refuses-unsigned',
    title: 'Your policy refuses an unsigned image',
    after: ['namespace-included'],
    hints: [
      'Look at mode and images of your policy: kubectl get clusterimagepolicy -o yaml',
      'In the mode warn everything gets in, with a warning. Only the mode enforce refuses.',
      'Set mode: enforce in policy.yaml and run: kubectl apply -f ~/lab/policy.yaml',
    ],
    check: admission.denies('unsigned', inShop),
  },
  {
    id: 'covers-registry',
    title: 'Your policy covers every repository of registry.lab',
    after: ['refuses-unsigned'],
    hints: [
      'Look at the glob below images.',
      'An image that no policy covers is refused for that alone. Then your own signed images elsewhere are refused too, and one changed setting lets everything else in.',
      'Write: glob: registry.lab/**',
    ],
    check: admission.denies('unsigned-elsewhere', inShop),
  },
  {
    id: 'admits-yours',
    title: 'Your policy admits an image that you signed',
    after: ['covers-registry'],
    hints: [
      'Read what the policy says about your own signed image.',
      'Identity, issuer and the type of the statement must be exactly those of your signature.',
      'Write below identities: issuer: {{issuer}} and subject: {{session.email}}; below attestations: predicateType: https://sigstore.dev/cosign/sign/v1',
    ],
    check: admission.admits('signed', inShop),
  },
  {
    id: 'refuses-others',
    title: 'Your policy refuses an image that somebody else signed',
    after: ['covers-registry'],
    hints: [
      'Look at whom the policy accepts.',
      'subjectRegExp: .* fits everybody who can sign in. A signature by anybody proves nothing.',
      'Replace subjectRegExp by: subject: {{session.email}}',
    ],
    check: admission.denies('signed-by-other', inShop),
  },
  {
    id: 'refuses-sbom-only',
    title: 'Your policy refuses an image that you only attested',
    after: ['covers-registry'],
    hints: [
      'Look at which statements the policy asks for.',
      'A signature is a statement of the type https://sigstore.dev/cosign/sign/v1. An SBOM says what is in an image, not that you release it.',
      'Write below attestations: predicateType: https://sigstore.dev/cosign/sign/v1',
    ],
    check: admission.denies('sbom-only', inShop),
  },
  {
    id: 'app-runs',
    title: 'The app runs in shop, by a digest that you signed',
    hints: [
      'Look at the image of the running pods: kubectl -n shop get pods -o yaml | grep image:',
      'Pods that were there before the policy keep running. A tag may name another image tomorrow, a digest cannot.',
      'Write image: registry.lab/shop/app@ and the digest of v1 into deployment.yaml, then: kubectl apply -f ~/lab/deployment.yaml',
    ],
    check: kube.runsSigned({
      namespace: 'shop',
      deployment: 'app',
      repository: '{{registry}}/shop/app',
      signer: { identity: '{{session.email}}', issuer: '{{issuer}}' },
    }),
  },
]);
