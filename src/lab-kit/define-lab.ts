import { labSchema, type Lab } from '../catalog/lab.ts';

/**
 * Describes a lab. `lab.ts` exports the result as `lab`; each step is a folder of the same name beside it.
 *
 * @example
 * export const lab = defineLab({
 *   id: 'sign-and-verify',
 *   title: 'Sign and verify container images',
 *   level: 'intermediate',
 *   minutes: 30,
 *   needs: ['registry', 'builder', 'sigstore', 'cluster'],
 *   summary: 'Build an image, sign it without a key, verify it, and let a cluster refuse everything else.',
 *   steps: [{ id: '01-build-and-push', title: 'Build and push an image', needs: ['registry', 'builder'] }],
 * });
 */
export function defineLab(lab: Lab): Lab {
  return labSchema.parse(lab);
}
