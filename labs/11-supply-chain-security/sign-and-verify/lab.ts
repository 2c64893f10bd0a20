import { defineLab } from '#lab-kit';

export const lab = defineLab({
  id: 'sign-and-verify',
  title: 'Sign and verify container images',
  level: 'intermediate',
  minutes: 30,
  needs: ['registry', 'builder', 'sigstore', 'cluster'],
  summary:
    'Build an image, sign it without keeping a key, verify who signed it, and make a cluster refuse every image that you have not signed.',
  steps: [
    { id: '01-build-and-push', title: 'Build an image and push it', needs: ['registry', 'builder'] },
    { id: '02-sign', title: 'Sign it without a key', needs: ['registry', 'builder', 'sigstore'] },
    { id: '03-verify', title: 'Verify it, and know what you verify', needs: ['registry', 'builder', 'sigstore'] },
    { id: '04-admission', title: 'Let only signed images run' },
  ],
});
