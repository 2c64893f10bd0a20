import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '../../..');

/** What a command of the project printed and how it ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs one of the project's commands to its end with the data directory of a test. */
export async function runCommand(script: string, args: readonly string[], env: Record<string, string>): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

/** A real server, `src/server.ts` in a process of its own on a free port. */
export class ServerProcess {
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #output: () => string;

  private constructor(child: ChildProcess, address: string, output: () => string) {
    this.#child = child;
    this.address = address;
    this.#output = output;
  }

  /** Starts the server and waits until it serves; labs may not be ready yet. */
  static async start(dataDirectory: string, env: Record<string, string> = {}): Promise<ServerProcess> {
    const child = spawn(process.execPath, [join(root, 'src/server.ts')], {
      cwd: root,
      env: { ...process.env, PORT: '0', PROOFGROUND_DATA: dataDirectory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = collect(child);
    const deadline = Date.now() + 60_000;
    while (!/serves http/.test(output())) {
      assert.ok(child.exitCode === null && Date.now() < deadline, `The server does not serve:\n${output()}`);
      await sleep(20);
    }
    const { address } = JSON.parse(await readFile(join(dataDirectory, 'server.json'), 'utf8')) as { address: string };
    return new ServerProcess(child, address, output);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output();
  }

  /** Waits until labs can be started; images are built when they are missing, which takes long the first time. */
  async ready(timeoutMs = 40 * 60_000): Promise<this> {
    const deadline = Date.now() + timeoutMs;
    while ((await fetch(`${this.address}/readyz`)).status !== 200) {
      assert.ok(Date.now() < deadline, `The server does not get ready:\n${this.output}`);
      await sleep(200);
    }
    return this;
  }

  /** Waits until there are pages. */
  async siteBuilt(timeoutMs = 120_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while ((await fetch(this.address)).status === 503) {
      assert.ok(Date.now() < deadline, `The site is not built:\n${this.output}`);
      await sleep(200);
    }
  }

  /** Ends it; resolves to the exit code, null after a signal that it did not handle. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}
