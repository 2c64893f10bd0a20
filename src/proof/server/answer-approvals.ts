import { setTimeout as sleep } from 'node:timers/promises';
import type { TrustServices } from '../../trust/server/trust-services.ts';

/** Often enough that a signature does not wait for its approval. */
const pauseMs = 200;

/** Whose signatures are approved, and as whom. */
export interface Approver {
  readonly trust: Pick<TrustServices, 'approve' | 'pendingApprovals'>;
  readonly linkAddress: string;
  readonly email: string;
}

/** Approves every signature of a sandbox, as a learner would in the page, while `work` runs. */
export async function withApprovals<T>({ trust, linkAddress, email }: Approver, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const approving = approveAll();
  try {
    return await work();
  } finally {
    ended.abort();
    await approving;
  }

  async function approveAll(): Promise<void> {
    while (!ended.signal.aborted) {
      const pending = await trust.pendingApprovals(linkAddress).catch(() => []);
      for (const { code } of pending) await trust.approve(code, { linkAddress, email }).catch(() => undefined);
      await sleep(pauseMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  }
}
