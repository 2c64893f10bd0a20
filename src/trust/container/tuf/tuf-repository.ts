import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Hex, signSnapshot, signTargets, signTimestamp } from './tuf-metadata.ts';

export interface TufRepositoryOptions {
  /** Keeps the versions, so that no client sees one go backwards. */
  readonly directory: string;
  /** 1.root.json, signed elsewhere. */
  readonly root: Buffer;
  readonly targets: ReadonlyMap<string, Buffer>;
  /** Ed25519; signs targets, snapshot and timestamp. */
  readonly onlineKey: KeyObject;
  readonly now?: () => number;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Signed again after half of it, so a platform that is off for two weeks still has valid metadata until it has signed anew. */
const metadataLifeMs = 30 * dayMs;

const stateSchema = z.object({ version: z.number().int().min(0), signedAtMs: z.number(), digest: z.string() });
type State = z.infer<typeof stateSchema>;

/**
 * A TUF repository with consistent snapshots over a few targets. Targets, snapshot and timestamp go up by one version
 * together: when a target changes, and when half of their life is over.
 */
export class TufRepository {
  readonly #options: TufRepositoryOptions;
  #state: State;
  #files: ReadonlyMap<string, Buffer> = new Map();

  private constructor(options: TufRepositoryOptions, state: State) {
    this.#options = options;
    this.#state = state;
  }

  static async open(options: TufRepositoryOptions): Promise<TufRepository> {
    await mkdir(options.directory, { recursive: true });
    const repository = new TufRepository(options, await readState(join(options.directory, 'state.json')));
    await repository.refresh();
    return repository;
  }

  /** A file of the repository by its path below the mirror's address, without a leading slash. */
  file(path: string): Buffer | undefined {
    return this.#files.get(path);
  }

  /** Version of targets, snapshot and timestamp. */
  get version(): number {
    return this.#state.version;
  }

  /** Signs anew when that is due; cheap when it is not. */
  async refresh(): Promise<void> {
    const digest = digestOf(this.#options.targets);
    const isDue = digest !== this.#state.digest || this.#now() - this.#state.signedAtMs > metadataLifeMs / 2;
    if (isDue) {
      const next = { version: this.#state.version + 1, signedAtMs: this.#now(), digest };
      await writeState(join(this.#options.directory, 'state.json'), next);
      this.#state = next;
    }
    if (isDue || this.#files.size === 0) this.#files = this.#sign();
  }

  /** All of it follows from the state, so only the state is kept; Ed25519 signs the same bytes the same way. */
  #sign(): ReadonlyMap<string, Buffer> {
    const { root, targets, onlineKey } = this.#options;
    const { version, signedAtMs } = this.#state;
    const life = { version, expiresAt: new Date(signedAtMs + metadataLifeMs) };
    return new Map([
      ['1.root.json', root],
      ['root.json', root],
      [`${version}.targets.json`, signTargets(life, targets, onlineKey)],
      [`${version}.snapshot.json`, signSnapshot(life, version, onlineKey)],
      ['timestamp.json', signTimestamp(life, version, onlineKey)],
      ...[...targets].map(([name, bytes]): [string, Buffer] => [`targets/${sha256Hex(bytes)}.${name}`, bytes]),
    ]);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

async function readState(path: string): Promise<State> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { version: 0, signedAtMs: 0, digest: '' };
    throw error;
  }
  return stateSchema.parse(JSON.parse(text));
}

async function writeState(path: string, state: State): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

function digestOf(targets: ReadonlyMap<string, Buffer>): string {
  return sha256Hex(Buffer.from([...targets].map(([name, bytes]) => `${sha256Hex(bytes)} ${name}`).join('\n')));
}
