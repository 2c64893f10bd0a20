import { all, defineChecks, image, log } from '#lab-kit/checks';

const app = '{{registry}}/shop/app:v1';
const you = { identity: '{{session.email}}', issuer: '{{issuer}}' };

export const checks = defineChecks([
  {
    id: 'signed',
    title: 'The image behind shop/app:v1 is signed by you',
    hints: [
      'Compare the digest that you signed with the one that the tag names now, and the identity in the certificate with yours.',
      'A signature belongs to one digest. If you push again, the tag names another image, and nobody has signed that one. An attestation, for example of an SBOM, is no signature either.',
      'Run: cosign sign registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1), then approve the code on this page.',
    ],
    // The image has to be the one of step 1: another one that the same identity has signed would not do.
    check: all(
      image.builtFrom(app, {
        base: '{{registry}}/base/busybox:1.37',
        file: { path: '/www/index.html', contains: 'Build {{session.id}}' },
      }),
      image.signedBy(app, you),
    ),
  },
  {
    id: 'logged',
    title: 'The transparency log has your signature',
    after: ['signed'],
    hints: [
      'The bundle names the entry; the log must hold the same.',
      'cosign records a signature in the log before it stores it. A signature without an entry was made in some other way.',
      'Sign again with: cosign sign registry.lab/shop/app@$(crane digest registry.lab/shop/app:v1)',
    ],
    check: log.includes(app, you),
  },
]);
