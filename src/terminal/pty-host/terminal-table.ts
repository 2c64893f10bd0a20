import { randomInt } from 'node:crypto';
import type { ClientFrame, TerminalEntry } from '../protocol.ts';
import type { Viewer } from './attachment.ts';
import { HostedTerminal } from './hosted-terminal.ts';
import type { ShellSpec } from './sandbox-pty.ts';

/** A page that comes back this soon still learns how its shell ended. */
const lingerMs = 60_000;

/** The terminals of the sandbox, made when a driver attaches to one that does not exist. */
export class TerminalTable {
  readonly #shell: ShellSpec;
  readonly #terminals = new Map<number, HostedTerminal>();
  /** Called after the list of living terminals has changed. */
  onChange: () => void = () => undefined;

  constructor(shell: ShellSpec) {
    this.#shell = shell;
  }

  /** The living ones, by index. */
  list(): TerminalEntry[] {
    const living = [...this.#terminals.values()].filter((terminal) => !terminal.exited);
    return living.map((terminal) => ({ terminal: terminal.index, epoch: terminal.epoch })).sort((a, b) => a.terminal - b.terminal);
  }

  /** Carries out one frame of a viewer; what names a terminal that does not exist is answered with EXIT or ignored. */
  handle(viewer: Viewer, frame: ClientFrame): void {
    const terminal = this.#terminals.get(frame.terminal);
    switch (frame.kind) {
      case 'attach':
        return this.#attach(viewer, frame);
      case 'ping':
        terminal?.measured(viewer, frame.rttMs);
        return viewer.send({ kind: 'pong', terminal: frame.terminal, stamp: frame.stamp });
      case 'input':
        return terminal?.input(viewer, frame);
      case 'ack':
        return terminal?.ack(viewer, frame.offset);
      case 'resize':
        return terminal?.resize(viewer, frame.size);
      case 'close':
        if (viewer.role === 'driver') terminal?.close();
        return;
    }
  }

  /** Takes a viewer off every terminal. */
  leave(viewer: Viewer): void {
    for (const terminal of this.#terminals.values()) terminal.detach(viewer);
  }

  /** The channel takes more again. */
  pumpAll(): void {
    for (const terminal of this.#terminals.values()) terminal.pumpAll();
  }

  dispose(): void {
    for (const terminal of this.#terminals.values()) terminal.dispose();
    this.#terminals.clear();
  }

  #attach(viewer: Viewer, frame: Extract<ClientFrame, { kind: 'attach' }>): void {
    const found = this.#terminals.get(frame.terminal);
    const usable = found !== undefined && (!found.exited || found.epoch === frame.epoch) ? found : this.#start(viewer, frame);
    if (usable === undefined) viewer.send({ kind: 'exit', terminal: frame.terminal, code: -1, signal: 0 });
    else usable.attach(viewer, frame);
  }

  #start(viewer: Viewer, frame: Extract<ClientFrame, { kind: 'attach' }>): HostedTerminal | undefined {
    if (viewer.role !== 'driver' || frame.role !== 'driver') return undefined;
    this.#terminals.get(frame.terminal)?.dispose();
    this.#terminals.delete(frame.terminal);
    const identity = { index: frame.terminal, epoch: randomInt(1, 0xffff_ffff) };
    try {
      const terminal = new HostedTerminal(identity, {
        shell: this.#shell,
        size: frame.size,
        onEnd: () => this.#ended(identity.index, identity.epoch),
      });
      this.#terminals.set(frame.terminal, terminal);
      this.onChange();
      return terminal;
    } catch (error) {
      // Out of processes or memory: the page says that there is no shell and offers to try again.
      console.error('The shell could not be started:', error);
      return undefined;
    }
  }

  #ended(index: number, epoch: number): void {
    this.onChange();
    setTimeout(() => {
      const terminal = this.#terminals.get(index);
      if (terminal?.epoch !== epoch) return;
      this.#terminals.delete(index);
      terminal.dispose();
    }, lingerMs).unref();
  }
}
