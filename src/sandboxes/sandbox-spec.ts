import { z } from 'zod';

/** What a lab can ask for beyond the toolbox; it gets nothing else. */
export const needSchema = z.enum(['registry', 'cluster', 'builder', 'ci', 'sigstore']);

/**
 * `registry`: a TLS registry seeded with the lab's images. `cluster`: a one-node Kubernetes cluster.
 * `builder`: `docker build --push` without an engine in the toolbox. `ci`: a git server and a runner.
 * `sigstore`: the way to the platform's signing services.
 */
export type Need = z.infer<typeof needSchema>;
