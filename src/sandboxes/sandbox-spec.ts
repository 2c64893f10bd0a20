import { z } from 'zod';

/** What a lab can ask for beyond the toolbox; it gets nothing else. */
export const needSchema = z.enum(['registry', 'cluster', 'builder', 'ci', 'sigstore']);

/**
 * `registry`: a TLS registry seeded with the lab's images. `cluster`: a one-node Kubernetes cluster.
 * `builder`: `docker build --push` without an engine in the toolbox. `ci`: a git server and a runner.
 * `sigstore`: the way to the platform's signing services.
 */
export type Need = z.infer<typeof needSchema>;

/** What a lab declares about the sandbox that it runs in. */
export const sandboxSpecSchema = z.strictObject({
  needs: z.array(needSchema).readonly().describe('Parts of the sandbox beyond the toolbox, each at most once.'),
});
export type SandboxSpec = z.infer<typeof sandboxSpecSchema>;

/** The needs without repetition, in the order of {@link needSchema}, so that equal shapes compare equal. */
export function normalizeNeeds(needs: readonly Need[]): readonly Need[] {
  return needSchema.options.filter((need) => needs.includes(need));
}
