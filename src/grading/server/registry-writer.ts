import { createHash } from 'node:crypto';
import type { Agent } from 'node:http';
import { PlatformError } from '../../shared/errors.ts';
import { fetchBounded } from './bounded-fetch.ts';

const maxAnswerBytes = 64 * 1024;

/** Content and its media type; `reference` (tag) only for manifests that get one. */
export interface ManifestToPush {
  readonly repository: string;
  readonly mediaType: string;
  readonly contents: Buffer;
  readonly tag?: string;
}

/** Pushes small blobs and manifests, for images that the platform itself puts into a sandbox. */
export class RegistryWriter {
  readonly #agent: Agent;
  readonly #host: string;

  constructor({ agent, host }: { agent: Agent; host: string }) {
    this.#agent = agent;
    this.#host = host;
  }

  /** True when the manifest is there. */
  async has(repository: string, digest: string): Promise<boolean> {
    const { status } = await this.#send({ method: 'HEAD', path: `/v2/${repository}/manifests/${digest}` });
    return status === 200;
  }

  /** Uploads a blob in one piece; returns its digest. */
  async pushBlob(repository: string, contents: Buffer): Promise<string> {
    const digest = sha256(contents);
    const begun = await this.#send({ method: 'POST', path: `/v2/${repository}/blobs/uploads/` });
    const location = new URL(begun.location ?? '', `https://${this.#host}`);
    location.searchParams.set('digest', digest);
    const path = `${location.pathname}${location.search}`;
    const ended = await this.#send({ method: 'PUT', path, body: contents, mediaType: 'application/octet-stream' });
    if (begun.status !== 202 || ended.status !== 201) throw this.#refused('a blob', `${begun.status}, ${ended.status}`);
    return digest;
  }

  /** Uploads a manifest, under its tag or its digest; returns its digest. */
  async pushManifest({ repository, mediaType, contents, tag }: ManifestToPush): Promise<string> {
    const digest = sha256(contents);
    const { status } = await this.#send({ method: 'PUT', path: `/v2/${repository}/manifests/${tag ?? digest}`, body: contents, mediaType });
    if (status !== 201) throw this.#refused('a manifest', String(status));
    return digest;
  }

  async #send(request: {
    method: string;
    path: string;
    body?: Buffer;
    mediaType?: string;
  }): Promise<{ status: number; location: string | undefined }> {
    const { method, path, body, mediaType } = request;
    const headers = {
      'content-length': String(body?.length ?? 0),
      ...(mediaType === undefined ? { accept: '*/*' } : { 'content-type': mediaType }),
    };
    try {
      const sent = { agent: this.#agent, host: this.#host, path, method, headers, maxBytes: maxAnswerBytes };
      const answer = await fetchBounded(body === undefined ? sent : { ...sent, body });
      if (answer.kind === 'answer') return { status: answer.status, location: answer.headers.location };
    } catch (error) {
      throw new PlatformError('registry-unreachable', `The registry ${this.#host} gave no answer to ${method} ${path}.`, { cause: error });
    }
    throw this.#refused(path, 'too long an answer');
  }

  #refused(what: string, answer: string): PlatformError {
    return new PlatformError('registry-unreachable', `The registry ${this.#host} did not take ${what}: ${answer}.`);
  }
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
