import type { TransparencyLogEntry } from '@sigstore/bundle';

/**
 * Why a log entry does not fit together, in the fields that @sigstore/verify reads past: it takes size and root from
 * the checkpoint and does not look at their copies in the proof, nor at the index beside the proof. A learner reads
 * those, so they have to be true as well.
 */
export function logEntryProblem(entry: TransparencyLogEntry): string | undefined {
  const proof = entry.inclusionProof;
  if (proof === undefined) return undefined;
  const [, size, root] = (proof.checkpoint?.envelope ?? '').split('\n');
  if (proof.treeSize !== size)
    return `the inclusion proof speaks of a log of ${proof.treeSize} entries, its checkpoint of ${size ?? 'none'}`;
  if (proof.rootHash.toString('base64') !== root) return 'the inclusion proof and its checkpoint name different root hashes';
  // Rekor v1 counts over all of its trees beside the proof, so that only v2 entries carry the same index twice.
  if (entry.kindVersion?.version === '0.0.2' && entry.logIndex !== proof.logIndex) {
    return `the entry says that its index is ${entry.logIndex}, its inclusion proof says ${proof.logIndex}`;
  }
  return undefined;
}
