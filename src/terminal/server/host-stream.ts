import type { OpenExec } from '../../engine/server/docker-types.ts';
import {
  channelVersion,
  decodeFromHost,
  encodeToHost,
  maxHostFrameBytes,
  type FromHostFrame,
  type ToHostFrame,
} from '../channel-protocol.ts';
import { FrameSplitter } from '../frame-splitter.ts';

/** Input that the sandbox does not take, beyond the longest paste: the channel counts as stuck. */
const maxWaitingBytes = 640 * 1024;
/** The relay's first frame: Node and perhaps the daemon have to start. */
const welcomeTimeMs = 20_000;
/** Of what the relay complains about, for the log. */
const maxComplaintBytes = 500;

/** What happens on the stream; `closed` comes once and last. */
export interface HostStreamEvents {
  frame(frame: FromHostFrame): void;
  closed(reason: string): void;
}

/** One connection to the pty-host. Everything that comes from it is hostile: what is not a valid frame ends it. */
export class HostStream {
  readonly #exec: OpenExec;
  readonly #events: HostStreamEvents;
  readonly #splitter = new FrameSplitter(maxHostFrameBytes);
  readonly #welcomeTimer: NodeJS.Timeout;
  #welcomed = false;
  #closed = false;
  #complaint = '';

  constructor(exec: OpenExec, events: HostStreamEvents) {
    this.#exec = exec;
    this.#events = events;
    this.#welcomeTimer = setTimeout(() => this.close('The pty-host did not answer in time.'), welcomeTimeMs);
    exec.output.on('data', (chunk: Buffer) => this.#receive(chunk));
    exec.errors.on('data', (chunk: Buffer) => this.#complain(chunk));
    for (const stream of [exec.input, exec.output, exec.errors]) stream.on('error', (error: Error) => this.close(error.message));
    exec.output.on('end', () => this.close('The stream ended.'));
    exec.exit.then(
      (code) => this.close(`The relay ended with ${code}. ${this.#complaint}`.trim()),
      (error: unknown) => this.close(String(error)),
    );
    this.send({ kind: 'hello', version: channelVersion });
  }

  send(frame: ToHostFrame): void {
    if (this.#closed) return;
    if (this.#exec.input.writableLength > maxWaitingBytes) this.close('The sandbox takes no input.');
    else this.#exec.input.write(encodeToHost(frame));
  }

  /** Ends the stream; the shells live on. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#welcomeTimer);
    this.#exec.close();
    this.#events.closed(reason);
  }

  #receive(chunk: Buffer): void {
    for (const body of this.#splitter.push(chunk)) {
      if (this.#closed) return;
      const frame = decodeFromHost(body);
      if (frame === undefined) return this.close('The pty-host sent a frame that is not valid.');
      this.#handle(frame);
    }
    if (this.#splitter.broken) this.close('The pty-host sent a frame that is too long.');
  }

  #handle(frame: FromHostFrame): void {
    if (frame.kind === 'replaced') return this.close('Another server has taken over.');
    if (frame.kind === 'welcome') {
      if (frame.version !== channelVersion) return this.close(`The pty-host speaks version ${frame.version}, expected ${channelVersion}.`);
      this.#welcomed = true;
      clearTimeout(this.#welcomeTimer);
    }
    if (this.#welcomed) this.#events.frame(frame);
  }

  #complain(chunk: Buffer): void {
    this.#complaint = (this.#complaint + chunk.toString('utf8')).slice(-maxComplaintBytes);
  }
}
