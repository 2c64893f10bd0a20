import { createHash } from 'node:crypto';
import type { Agent } from 'node:http';
import { PlatformError } from '../../shared/errors.ts';
import { fetchBounded } from './bounded-fetch.ts';
import { isDigest } from './image-reference.ts';
import { manifestTypes, readManifest, type Descriptor, type Manifest } from './manifest.ts';

/** Distribution itself takes no larger manifest. */
const maxManifestBytes = 4 * 1024 * 1024;
const maxTagListBytes = 1024 * 1024;

/** Something of a registry: found, not there, or there and of no use (larger than allowed, not what it should be). */
export type Found<T> =
  { readonly kind: 'found'; readonly value: T } | { readonly kind: 'missing' } | { readonly kind: 'unusable'; readonly reason: string };

/** Where the registry is and how long one answer may take. */
export interface RegistryReaderOptions {
  /** Connections through which `host` answers over TLS. */
  readonly agent: Agent;
  readonly host: string;
  readonly signal?: AbortSignal;
  /** Milliseconds for one request; default 10,000. */
  readonly timeoutMs?: number;
}

/**
 * Reads a registry for checks. Every content is compared with its digest, sizes and times are bounded, redirects are
 * refused. A registry that hangs or answers nonsense throws PlatformError `registry-unreachable`: the registry is the
 * platform's, what learners push is not.
 */
export class RegistryReader {
  readonly #options: RegistryReaderOptions;
  readonly #manifests = new Map<string, Promise<Found<Manifest>>>();

  constructor(options: RegistryReaderOptions) {
    this.#options = options;
  }

  /** The manifest or index behind a tag or digest; asked once, then remembered, so that all of one check see the same. */
  manifest(repository: string, reference: string): Promise<Found<Manifest>> {
    const key = `${repository}@${reference}`;
    const known = this.#manifests.get(key) ?? this.#readManifest(repository, reference);
    this.#manifests.set(key, known);
    return known;
  }

  /** The bytes of a blob of at most `maxBytes`. */
  async blob(repository: string, digest: string, maxBytes: number): Promise<Found<Buffer>> {
    const answer = await this.#get(`/v2/${repository}/blobs/${digest}`, maxBytes);
    if (answer.kind === 'found') this.#demandDigest(answer.value, digest);
    return answer;
  }

  /** Tags of a repository, as many as fit the limit. */
  async tags(repository: string): Promise<string[]> {
    const answer = await this.#get(`/v2/${repository}/tags/list`, maxTagListBytes);
    const list = answer.kind === 'found' ? parseJson(answer.value) : undefined;
    const tags = typeof list === 'object' && list !== null && 'tags' in list ? list.tags : [];
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  }

  /**
   * What refers to a digest: the answer of the referrers API, or of the index tagged `sha256-<hex>` that clients keep
   * where a registry has no such API, or of both.
   */
  async referrers(repository: string, digest: string): Promise<Descriptor[]> {
    const [answered, tagged] = await Promise.all([
      this.#get(`/v2/${repository}/referrers/${digest}`, maxManifestBytes),
      this.manifest(repository, digest.replace(':', '-')),
    ]);
    const listed = answered.kind === 'found' ? (readManifest(answered.value, digest)?.manifests ?? []) : [];
    const fallback = tagged.kind === 'found' ? (tagged.value.manifests ?? []) : [];
    return [...new Map([...listed, ...fallback].map((descriptor) => [descriptor.digest, descriptor])).values()];
  }

  async #readManifest(repository: string, reference: string): Promise<Found<Manifest>> {
    const answer = await this.#get(`/v2/${repository}/manifests/${reference}`, maxManifestBytes);
    if (answer.kind !== 'found') return answer;
    const digest = digestOf(answer.value);
    if (isDigest(reference)) this.#demandDigest(answer.value, reference);
    const manifest = readManifest(answer.value, digest);
    return manifest === undefined
      ? { kind: 'unusable', reason: 'it is neither an image nor an index of images' }
      : { kind: 'found', value: manifest };
  }

  async #get(path: string, maxBytes: number): Promise<Found<Buffer>> {
    const answer = await this.#fetch(path, maxBytes);
    if (answer.kind === 'too-large') return { kind: 'unusable', reason: `it is larger than ${Math.round(maxBytes / 1024)} KiB` };
    if (answer.status === 404) return { kind: 'missing' };
    if (answer.status !== 200) throw this.#unreachable(`answered ${answer.status} for ${path}`);
    return { kind: 'found', value: answer.body };
  }

  async #fetch(path: string, maxBytes: number): ReturnType<typeof fetchBounded> {
    const { agent, host, signal, timeoutMs } = this.#options;
    const limits = { maxBytes, ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }) };
    try {
      return await fetchBounded({ agent, host, path, headers: { accept: manifestTypes.join(', ') }, ...limits });
    } catch (error) {
      throw this.#unreachable(`gave no whole answer for ${path}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  #demandDigest(bytes: Buffer, digest: string): void {
    const found = digestOf(bytes);
    if (found !== digest) throw this.#unreachable(`answered with content of the digest ${found} when asked for ${digest}`);
  }

  #unreachable(what: string, cause?: unknown): PlatformError {
    return new PlatformError('registry-unreachable', `The registry ${this.#options.host} ${what}.`, { cause });
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
