import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeServerFrame, encodeClientFrame, type ServerFrame, type TerminalEntry } from '../protocol.ts';
import { RecordingFile } from './recording-file.ts';
import type { SandboxChannel } from './sandbox-channel.ts';
import type { ReportTerminal } from './terminal-events.ts';

/** Enough for hours of work, little enough for a class on one disk. */
const defaultMaxBytes = 20 * 1024 * 1024;

/** Where recordings go: `<directory>/<session>/<terminal>-<epoch>.cast`, readable by the platform's user only. */
export interface RecordingOptions {
  readonly directory: string;
  /** Of one terminal; default 20 MiB. */
  readonly maxBytes?: number;
}

interface Recorded {
  readonly epoch: number;
  readonly file: RecordingFile;
  offset: number;
}

/**
 * Records what the shells of a session write, and never what is typed, which may be a passphrase. It watches like
 * any observer, so a slow disk holds nobody up; what it misses is shown by a marker and a picture of the screen.
 */
export class Recorder {
  readonly #options: RecordingOptions & { readonly sessionId: string; readonly report: ReportTerminal };
  readonly #link: ReturnType<SandboxChannel['join']>;
  readonly #recorded = new Map<number, Recorded>();
  readonly #asked = new Map<number, number>();
  readonly #directory: string;

  constructor(
    options: RecordingOptions & { readonly sessionId: string; readonly channel: SandboxChannel; readonly report: ReportTerminal },
  ) {
    this.#options = options;
    this.#directory = join(options.directory, options.sessionId);
    this.#link = options.channel.join({
      role: 'observer',
      client: '0000000000000000',
      background: true,
      frame: (bytes) => this.#receive(bytes),
      ready: (terminals) => {
        this.#asked.clear();
        this.#attachAll(terminals);
      },
      terminals: (terminals) => this.#attachAll(terminals),
      lost: () => undefined,
      ended: () => this.#closeAll(),
    });
  }

  mark(label: string): void {
    for (const { file } of this.#recorded.values()) file.mark(label);
  }

  stop(): void {
    this.#link.leave();
    this.#closeAll();
  }

  #attachAll(terminals: readonly TerminalEntry[]): void {
    for (const { terminal, epoch } of terminals) {
      if (this.#asked.get(terminal) === epoch) continue;
      this.#asked.set(terminal, epoch);
      const known = this.#recorded.get(terminal);
      const offset = known?.epoch === epoch ? known.offset : 0;
      this.#link.send(encodeClientFrame({ kind: 'attach', terminal, offset, epoch, role: 'observer', size: { cols: 80, rows: 24 } }));
    }
  }

  #receive(bytes: Uint8Array): void {
    const frame = decodeServerFrame(bytes);
    if (frame === undefined) return;
    if (frame.kind === 'attached') return this.#open(frame);
    const recorded = this.#recorded.get(frame.terminal);
    if (recorded !== undefined && !recorded.file.full) this.#record(recorded, frame);
  }

  #record(recorded: Recorded, frame: ServerFrame): void {
    switch (frame.kind) {
      case 'size':
        return recorded.file.resize(frame.size);
      case 'output':
        recorded.offset = frame.offset + frame.bytes.byteLength;
        return recorded.file.output(frame.bytes, () => this.#acknowledge(frame.terminal, frame.offset + frame.bytes.byteLength));
      case 'snapshot':
        recorded.offset = frame.offset;
        recorded.file.mark('Something is missing here; the screen as it was afterwards:');
        return recorded.file.output(Buffer.concat([Buffer.from('\x1bc'), frame.bytes]), () =>
          this.#acknowledge(frame.terminal, frame.offset),
        );
      case 'exit':
        return recorded.file.exit(frame.code);
      case 'attached':
      case 'accepted':
      case 'pong':
        return;
    }
  }

  #open({ terminal, epoch, offset }: Extract<ServerFrame, { kind: 'attached' }>): void {
    const known = this.#recorded.get(terminal);
    if (known?.epoch === epoch) return;
    known?.file.close();
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const file = new RecordingFile(join(this.#directory, `${terminal}-${epoch}.cast`), {
      maxBytes: this.#options.maxBytes ?? defaultMaxBytes,
      onError: (error) => this.#options.report({ kind: 'recording-failed', sessionId: this.#options.sessionId, reason: error.message }),
    });
    this.#recorded.set(terminal, { epoch, file, offset });
  }

  #acknowledge(terminal: number, offset: number): void {
    this.#link.send(encodeClientFrame({ kind: 'ack', terminal, offset }));
  }

  #closeAll(): void {
    for (const { file } of this.#recorded.values()) file.close();
    this.#recorded.clear();
  }
}
