/** What may be done how often by one account, or by one address while nobody is signed in. */
const limits = {
  /** New accounts; a class behind one address signs in within a minute. */
  guests: { burst: 60, perMinute: 60 },
  /** Sandboxes cost a minute of two cores each. */
  starts: { burst: 10, perMinute: 4 },
  checks: { burst: 20, perMinute: 40 },
  write: { burst: 60, perMinute: 240 },
} as const;

export type LimitName = keyof typeof limits;

/** Buckets kept; the oldest is forgotten beyond that, so that many addresses cost no memory. */
const maxBuckets = 20_000;

/** Token buckets by limit and person. */
export class RateLimits {
  readonly #buckets = new Map<string, { tokens: number; countedAtMs: number }>();

  /** Takes one token; 0 when that went well, else the seconds until there is one. */
  take(limit: LimitName, who: string, nowMs = Date.now()): number {
    const { burst, perMinute } = limits[limit];
    const key = `${limit} ${who}`;
    const before = this.#buckets.get(key) ?? { tokens: burst, countedAtMs: nowMs };
    const tokens = Math.min(burst, before.tokens + ((nowMs - before.countedAtMs) / 60_000) * perMinute);
    const allowed = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, countedAtMs: nowMs });
    this.#forgetOldest();
    return allowed ? 0 : Math.ceil(((1 - tokens) / perMinute) * 60);
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxBuckets && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
