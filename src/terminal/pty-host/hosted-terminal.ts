import { flushDelayMs, maxWindowBytes, shouldPause } from '../flow-control.ts';
import type { ClientFrame, TerminalSize } from '../protocol.ts';
import { Attachment, type Viewer } from './attachment.ts';
import { InputLedger } from './input-ledger.ts';
import { OutputRing } from './output-ring.ts';
import { SandboxPty, type ShellExit, type ShellSpec } from './sandbox-pty.ts';
import { TerminalScreen, type ScreenSnapshot } from './terminal-screen.ts';

/** The largest window, and what a terminal that was just told to stop may still deliver. */
const ringBytes = maxWindowBytes + 128 * 1024;
/** A driver that draws nothing for this long (a frozen page) no longer holds up the shell. */
const stalledDriverMs = 10_000;
/** Keys are confirmed this much later, a burst of them at once. */
const acceptAfterMs = 25;

type AttachFrame = Extract<ClientFrame, { kind: 'attach' }>;

/** One shell with its ring and its screen, and everyone who looks at it. */
export class HostedTerminal {
  readonly index: number;
  readonly epoch: number;
  readonly #pty: SandboxPty;
  readonly #ring = new OutputRing(ringBytes);
  readonly #screen: TerminalScreen;
  readonly #ledger = new InputLedger();
  readonly #attachments = new Map<Viewer, Attachment>();
  readonly #onEnd: () => void;
  /** The viewer that decides the size and whose pace the shell follows: the one that typed or resized last. */
  #driver: Attachment | undefined;
  #size: TerminalSize;
  #paused = false;
  #exit: ShellExit | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  #flushedAt = 0;
  #typedAt = -Infinity;
  #flushedEnd = 0;

  /** Starts the shell; throws when it cannot be. `onEnd`: the shell has ended. */
  constructor(identity: { index: number; epoch: number }, start: { shell: ShellSpec; size: TerminalSize; onEnd: () => void }) {
    this.index = identity.index;
    this.epoch = identity.epoch;
    this.#size = start.size;
    this.#onEnd = start.onEnd;
    this.#screen = new TerminalScreen(start.size, (answer) => this.#answer(answer));
    this.#pty = new SandboxPty(start.shell, start.size, { output: (bytes) => this.#produced(bytes), exit: (exit) => this.#ended(exit) });
  }

  get exited(): boolean {
    return this.#exit !== undefined;
  }

  /** Continues where the viewer stopped when the ring still holds that, else shows the screen. */
  attach(viewer: Viewer, frame: AttachFrame): void {
    const resumes = frame.epoch === this.epoch && frame.offset >= this.#ring.start && frame.offset <= this.#ring.end;
    // A shell that has said nothing yet needs no snapshot.
    const offset = resumes ? frame.offset : this.#ring.end === 0 ? 0 : this.#screen.parsed;
    const attachment = new Attachment(viewer, { terminal: this.index, ring: this.#ring }, offset);
    if (this.#driver?.viewer === viewer) this.#driver = undefined;
    this.#attachments.set(viewer, attachment);
    const lastSequence = this.#ledger.last(viewer.client);
    viewer.send({ kind: 'attached', terminal: this.index, epoch: this.epoch, offset, lastSequence });
    if (viewer.role === 'driver' && frame.role === 'driver') this.#drive(attachment, frame.size);
    else this.#tellSize(attachment);
    if (!resumes && this.#ring.end > 0) this.#showScreen(attachment);
    this.#pump(attachment);
    this.#pace();
  }

  detach(viewer: Viewer): void {
    const attachment = this.#attachments.get(viewer);
    this.#attachments.delete(viewer);
    if (attachment !== undefined && attachment === this.#driver) this.#driver = undefined;
    this.#pace();
  }

  /** Takes each input of a client once; an observer's is dropped. */
  input(viewer: Viewer, frame: Extract<ClientFrame, { kind: 'input' }>): void {
    const attachment = this.#attachments.get(viewer);
    if (attachment === undefined || viewer.role !== 'driver') return;
    if (this.#ledger.take(viewer.client, frame.sequence)) {
      this.#typedAt = performance.now();
      this.#pty.write(frame.bytes);
      if (this.#driver !== attachment) this.#drive(attachment, this.#size);
    }
    this.#ledger.confirmLater(viewer.client, acceptAfterMs, (sequence) =>
      viewer.send({ kind: 'accepted', terminal: this.index, sequence }),
    );
  }

  ack(viewer: Viewer, offset: number): void {
    const attachment = this.#attachments.get(viewer);
    if (attachment === undefined) return;
    attachment.ack(offset);
    this.#stopStallTimer(attachment);
    this.#pump(attachment);
    this.#pace();
  }

  resize(viewer: Viewer, size: TerminalSize): void {
    const attachment = this.#attachments.get(viewer);
    if (attachment !== undefined && viewer.role === 'driver') this.#drive(attachment, size);
  }

  measured(viewer: Viewer, rttMs: number): void {
    this.#attachments.get(viewer)?.measured(rttMs);
  }

  /** The channel takes more again. */
  pumpAll(): void {
    for (const attachment of this.#attachments.values()) this.#pump(attachment);
  }

  /** Ends the shell; its viewers are told. */
  close(): void {
    this.#pty.hangUp();
  }

  /** Frees everything; who is still attached is told that the shell has ended. */
  dispose(): void {
    this.#pty.hangUp();
    for (const attachment of [...this.#attachments.values()]) this.#tellExit(attachment);
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#stallTimer);
    this.#ledger.dispose();
    this.#screen.dispose();
  }

  #produced(bytes: Buffer): void {
    this.#ring.append(bytes);
    this.#screen.write(bytes, () => this.#pace());
    this.#pace();
    this.#flushSoon();
  }

  #flushSoon(): void {
    const now = performance.now();
    const delay = flushDelayMs({
      pendingBytes: this.#ring.end - this.#flushedEnd,
      sinceFlushMs: now - this.#flushedAt,
      sinceInputMs: now - this.#typedAt,
    });
    if (delay === 0) this.#flush();
    else this.#flushTimer ??= setTimeout(() => this.#flush(), delay);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#flushedAt = performance.now();
    this.#flushedEnd = this.#ring.end;
    this.pumpAll();
  }

  #pump(attachment: Attachment): void {
    attachment.pump(() => this.#snapshot());
    if (this.#exit !== undefined && attachment.caughtUp) this.#tellExit(attachment);
  }

  /** Only the screen and the driver hold up the shell; everyone else is cut over to a snapshot when far behind. */
  #pace(): void {
    const screenLag = this.#ring.end - this.#screen.parsed;
    const driver = this.#driver;
    const pauses =
      shouldPause(this.#paused, screenLag, maxWindowBytes) ||
      (driver !== undefined && shouldPause(this.#paused, driver.lagBytes, driver.windowBytes));
    if (pauses && driver !== undefined) this.#stallTimer ??= setTimeout(() => this.#forgetDriver(driver), stalledDriverMs);
    if (pauses === this.#paused) return;
    this.#paused = pauses;
    if (pauses) this.#pty.pause();
    else this.#pty.resume();
  }

  #forgetDriver(stalled: Attachment): void {
    this.#stallTimer = undefined;
    if (this.#driver === stalled) this.#driver = undefined;
    this.#pace();
  }

  #stopStallTimer(attachment: Attachment): void {
    if (attachment !== this.#driver) return;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
  }

  #drive(attachment: Attachment, size: TerminalSize): void {
    const same = size.cols === this.#size.cols && size.rows === this.#size.rows;
    const taken = this.#driver !== attachment;
    this.#driver = attachment;
    if (!same) {
      this.#size = size;
      this.#screen.resize(size);
      this.#pty.resize(size);
    }
    if (taken || !same) for (const each of this.#attachments.values()) this.#tellSize(each);
  }

  #tellSize(attachment: Attachment): void {
    attachment.viewer.send({ kind: 'size', terminal: this.index, size: this.#size, mine: attachment === this.#driver });
  }

  #tellExit(attachment: Attachment): void {
    const { code, signal } = this.#exit ?? { code: -1, signal: 0 };
    attachment.viewer.send({ kind: 'exit', terminal: this.index, code, signal });
    this.detach(attachment.viewer);
  }

  #showScreen(attachment: Attachment): void {
    attachment.sendSnapshot(this.#snapshot());
    if (attachment !== this.#driver || !this.#screen.usesAlternateBuffer) return;
    // Full-screen programs draw themselves anew when the size changes, which mends what a snapshot cannot carry.
    const { cols, rows } = this.#size;
    this.#pty.resize({ cols, rows: rows + 1 });
    this.#pty.resize({ cols, rows });
  }

  #snapshot(): ScreenSnapshot {
    return this.#screen.snapshot((offset, bytes) => this.#ring.read(offset, bytes));
  }

  /** A program asked something: the driver's page answers, or nobody is there and we do. */
  #answer(answer: string): void {
    if (this.#driver === undefined) this.#pty.write(Buffer.from(answer, 'utf8'));
  }

  #ended(exit: ShellExit): void {
    this.#exit = exit;
    this.#flush();
    this.#onEnd();
  }
}
