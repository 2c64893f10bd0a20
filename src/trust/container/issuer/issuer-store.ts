import type { Adapter, AdapterPayload } from 'oidc-provider';

/** A device code is a few hundred bytes; a sandbox needs one at a time. */
const maxCodesPerAddress = 8;

interface Kept {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/**
 * What the issuer must remember between two requests, in memory: after a restart a learner asks for a new code.
 * Bounded for each address, so that no sandbox can push out the codes of another.
 */
export class IssuerStore {
  readonly #models = new Map<string, Map<string, Kept>>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The adapter factory that oidc-provider asks for. */
  adapterFor(model: string): Adapter {
    const kept = this.#model(model);
    const search = (matches: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> =>
      Promise.resolve([...kept.values()].find(({ payload }) => matches(payload))?.payload);
    return {
      upsert: (id, payload, expiresIn) => settle(() => this.#keep(model, { id, payload, expiresIn })),
      find: (id) => Promise.resolve(kept.get(id)?.payload),
      findByUserCode: (userCode) => search((payload) => payload.userCode === userCode),
      findByUid: (uid) => search((payload) => payload.uid === uid),
      consume: (id) => settle(() => this.#consume(kept.get(id))),
      destroy: (id) => settle(() => dropWhere(kept, (_entry, key) => key === id)),
      revokeByGrantId: (grantId) => settle(() => dropWhere(kept, ({ payload }) => payload.grantId === grantId)),
    };
  }

  /** Device codes that were asked for from `address`, oldest first; expired ones as long as they are kept. */
  deviceCodes(address: string): AdapterPayload[] {
    return [...this.#model('DeviceCode').values()].map(({ payload }) => payload).filter((payload) => addressOf(payload) === address);
  }

  #model(model: string): Map<string, Kept> {
    const kept = this.#models.get(model) ?? new Map<string, Kept>();
    this.#models.set(model, kept);
    return kept;
  }

  #keep(model: string, { id, payload, expiresIn }: { id: string; payload: AdapterPayload; expiresIn: number | undefined }): void {
    const kept = this.#model(model);
    // Kept a minute longer, so that a late answer is told "expired" and not "unknown".
    dropWhere(kept, ({ expiresAtMs }) => expiresAtMs + 60_000 < this.#now());
    kept.delete(id);
    kept.set(id, { payload, expiresAtMs: this.#now() + (expiresIn ?? 600) * 1000 });
    if (model === 'DeviceCode') dropExcess(kept, addressOf(payload));
  }

  #consume(found: Kept | undefined): void {
    if (found !== undefined) found.payload.consumed = Math.floor(this.#now() / 1000);
  }
}

/** The address that a device code was asked from, as the issuer noted it. */
function addressOf(payload: AdapterPayload): string {
  const address = payload.deviceInfo?.['ip'];
  return typeof address === 'string' ? address : '';
}

function dropExcess(kept: Map<string, Kept>, address: string): void {
  const ids = [...kept].filter(([, { payload }]) => addressOf(payload) === address).map(([id]) => id);
  for (const id of ids.slice(0, -maxCodesPerAddress)) kept.delete(id);
}

function dropWhere(kept: Map<string, Kept>, matches: (entry: Kept, id: string) => boolean): void {
  for (const [id, entry] of kept) if (matches(entry, id)) kept.delete(id);
}

/** The adapter's calls are promises by contract, though nothing here waits. */
function settle(action: () => void): Promise<void> {
  action();
  return Promise.resolve();
}
